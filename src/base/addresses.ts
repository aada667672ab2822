import { BlockList, isIP, SocketAddress } from 'node:net';

/** IP addresses and networks, of which others are members or not. */
export type AddressSet = {
  /** `address` is in the form of `canonicalAddress`. */
  has(address: string): boolean;
};

export const trustedAddressForm = 'addresses, networks such as 10.0.0.0/8, or loopback';

/**
 * An IP address in one spelling (RFC 5952). The zone is removed, and an IPv4-mapped address is written as IPv4, because a socket that serves
 * both families reports IPv4 clients so. Undefined if the text is no address.
 */
export function canonicalAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version !== 6) return version === 4 ? text : undefined;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
}

/** The set of the listed addresses, networks (`10.0.0.0/8`, RFC 4632) and `loopback`. Undefined if an entry is none of these. */
export function addressSet(entries: readonly string[]): AddressSet | undefined {
  // One for each family: a single list would count IPv4 addresses as members of `::/0`.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  if (!entries.every((entry) => addTo(lists, entry))) return undefined;
  return {
    has(address) {
      const family = familyOf(address);
      return lists[family].check(address, family);
    },
  };
}

export const isAddressEntry = (entry: string): boolean => addressSet([entry]) !== undefined;

function addTo(lists: Readonly<Record<'ipv4' | 'ipv6', BlockList>>, entry: string): boolean {
  if (entry === 'loopback') return addTo(lists, '127.0.0.0/8') && addTo(lists, '::1');
  const [, written = '', bits] = /^([^/%]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(entry) ?? [];
  const address = canonicalAddress(written);
  if (address === undefined) return false;
  const family = familyOf(address);
  if (bits === undefined) {
    lists[family].addAddress(address, family);
    return true;
  }
  // The prefix of a network of IPv4-mapped addresses counts the 96 bits before the IPv4 address.
  const length = Number(bits) - (family === 'ipv4' && written.includes(':') ? 96 : 0);
  if (length < 0 || length > (family === 'ipv6' ? 128 : 32)) return false;
  lists[family].addSubnet(address, length, family);
  return true;
}

const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4');
