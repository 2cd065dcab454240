/**
 * A certificate authority for one run: issues the certificates of its nats-servers and of its clients. Invariant: its
 * private key never leaves this object, so that once it is gone nobody can issue another certificate (RFC 5280 profiles,
 * ECDSA over P-256 with SHA-256).
 */
import 'reflect-metadata'; // must be there before @peculiar/x509 is loaded
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Clocks of two machines may differ by so much. */
const leewaySeconds = 3600;

export interface Issued {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8, not encrypted. */
  readonly key: string;
}

export interface CertificateAuthority {
  /** PEM: what a peer must trust. */
  readonly certificate: string;
  /** For a nats-server: to be reached under these host names and addresses, and to speak to the other servers of its cluster. */
  issueServer(commonName: string, hosts: readonly string[]): Promise<Issued>;
  issueClient(commonName: string): Promise<Issued>;
}

export interface AuthorityOptions {
  readonly commonName: string;
  readonly validFrom: Date;
  /** How long all certificates hold. */
  readonly days: number;
}

export async function createAuthority(options: AuthorityOptions): Promise<CertificateAuthority> {
  const { commonName, validFrom, days } = options;
  const keys = await newKeys();
  const common = {
    notBefore: new Date(validFrom.getTime() - leewaySeconds * 1000),
    notAfter: new Date(validFrom.getTime() + days * 86_400_000),
    signingAlgorithm: algorithm,
  };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    serialNumber: newSerialNumber(),
    name: nameOf(commonName),
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  const issue = async (
    subject: string,
    usages: x509.ExtendedKeyUsage[],
    hosts: readonly string[],
  ): Promise<Issued> => {
    const own = await newKeys();
    const names = hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }) as const);
    const certificate = await x509.X509CertificateGenerator.create({
      ...common,
      serialNumber: newSerialNumber(),
      subject: nameOf(subject),
      issuer: authority.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(usages),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      ],
    });
    return { certificate: pem(certificate), key: await privatePem(own.privateKey) };
  };

  return {
    certificate: pem(authority),
    issueServer: (subject, hosts) =>
      issue(subject, [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth], hosts),
    issueClient: (subject) => issue(subject, [x509.ExtendedKeyUsage.clientAuth], []),
  };
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** 127 random bits: positive, and as good as unique. */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** As JSON, so that no character of the name has a meaning of its own. */
function nameOf(commonName: string): x509.JsonName {
  return [{ O: ['Stalewart'] }, { CN: [commonName] }];
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function privatePem(key: CryptoKey): Promise<string> {
  const bytes = await crypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`;
}
