import { renderSVG } from 'uqr';

/** A QR code as the address of an image, for a page to show. */
export const qrCode = (text: string) => `data:image/svg+xml;base64,${Buffer.from(renderSVG(text)).toString('base64')}`;
