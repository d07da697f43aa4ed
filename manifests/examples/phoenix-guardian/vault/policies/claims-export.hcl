# The nightly export: credentials of the cloud that it writes to.

path "aws/creds/claims-archive" {
  capabilities = ["read"]
}
