// Encrypts and decrypts files by the AWS Encryption SDK for JavaScript. The cases are those of e2e/src/bin/encryption-sdk.rs.
import { createReadStream, createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import {
  AwsKmsMrkAwareSymmetricDiscoveryKeyringNode,
  AwsKmsMrkAwareSymmetricKeyringNode,
  BranchKeyStoreNode,
  CommitmentPolicy,
  KMS,
  KmsHierarchicalKeyRingNode,
  KmsKeyringNode,
  MultiKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  RawRsaKeyringNode,
  buildClient,
} from '@aws-crypto/client-node'
import { constants } from 'node:crypto'

const clients = new Map()

function kms(region) {
  if (!clients.has(region)) clients.set(region, new KMS({ region, endpoint: process.env.AWS_ENDPOINT_URL }))
  return clients.get(region)
}

// Its table is where AWS_ENDPOINT_URL_DYNAMODB says.
function branchKeyStore(of) {
  return new BranchKeyStoreNode({
    logicalKeyStoreName: of.name,
    storage: { ddbTableName: of.name },
    keyManagement: { kmsClient: kms(of.region) },
    kmsConfiguration: { identifier: of.key },
  })
}

function keyring(of, encrypts) {
  const filter = { discoveryFilter: { accountIDs: [of.account], partition: 'aws' } }
  switch (of.kind) {
    case 'kms':
      if (of.multi_region) return new AwsKmsMrkAwareSymmetricKeyringNode({ client: kms(of.region), keyId: of.key })
      return new KmsKeyringNode({ clientProvider: kms, [encrypts ? 'generatorKeyId' : 'keyIds']: encrypts ? of.key : [of.key] })
    case 'discovery':
      if (of.multi_region) return new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({ client: kms(of.region), ...filter })
      return new KmsKeyringNode({ clientProvider: kms, discovery: true, ...filter })
    case 'hierarchical':
      return new KmsHierarchicalKeyRingNode({
        branchKeyId: of.branch_key, keyStore: branchKeyStore(of), cacheLimitTtl: 600, utf8Sorting: true,
      })
    case 'aes': {
      const key = readFileSync(of.file)
      const wrappingSuite = RawAesWrappingSuiteIdentifier[`AES${key.length * 8}_GCM_IV12_TAG16_NO_PADDING`]
      // Bytes of its own: a small file's may be part of a pool.
      const unencryptedMasterKey = Uint8Array.from(key)
      return new RawAesKeyringNode({ keyNamespace: of.namespace, keyName: of.name, unencryptedMasterKey, wrappingSuite, utf8Sorting: true })
    }
    case 'rsa': {
      const rsaKey = { publicKey: readFileSync(of.public_key), privateKey: readFileSync(of.private_key) }
      const padding = of.padding === 'pkcs1'
        ? { padding: constants.RSA_PKCS1_PADDING }
        : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: of.padding.replace('oaep-', '') }
      return new RawRsaKeyringNode({ keyNamespace: of.namespace, keyName: of.name, rsaKey, ...padding })
    }
    default:
      throw new Error(`unknown keyring ${of.kind}`)
  }
}

function all(keyrings, encrypts) {
  const [first, ...rest] = keyrings.map((of) => keyring(of, encrypts))
  if (rest.length === 0) return first
  return encrypts ? new MultiKeyringNode({ generator: first, children: rest }) : new MultiKeyringNode({ children: [first, ...rest] })
}

async function run(theCase) {
  const [first] = theCase.keyrings
  if (theCase.do === 'create-branch-key') {
    await branchKeyStore(first).createKey({ branchKeyIdentifier: first.branch_key, encryptionContext: theCase.context })
    return {}
  }
  if (theCase.do === 'version-branch-key') {
    await branchKeyStore(first).versionKey({ branchKeyIdentifier: first.branch_key })
    return {}
  }
  const suiteId = theCase.suite === undefined ? undefined : Number.parseInt(theCase.suite, 16)
  const isCommitting = suiteId === undefined || [0x0478, 0x0578].includes(suiteId)
  const { encrypt, encryptStream, decrypt, decryptStream } = buildClient(
    isCommitting ? CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT : CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT,
  )
  const encrypts = theCase.do === 'encrypt'
  const ring = all(theCase.keyrings, encrypts)
  const options = { suiteId, frameLength: theCase.frame_length, encryptionContext: theCase.context ?? {} }
  if (theCase.stream) {
    const through = encrypts ? encryptStream(ring, options) : decryptStream(ring)
    await pipeline(createReadStream(theCase.input), through, createWriteStream(theCase.output))
    return {}
  }
  const input = readFileSync(theCase.input)
  const output = encrypts ? (await encrypt(ring, input, options)).result : (await decrypt(ring, input)).plaintext
  writeFileSync(theCase.output, output)
  return {}
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = await run(JSON.parse(line))
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
