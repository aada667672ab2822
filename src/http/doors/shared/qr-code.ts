import { renderSVG } from 'uqr';

/** A QR code as the `data:` URL of an image. */
export const qrCode = (text: string) => `data:image/svg+xml;base64,${Buffer.from(renderSVG(text)).toString('base64')}`;
