# The export for research: a token of Google's cloud.

path "gcp/impersonated-account/research/token" {
  capabilities = ["read"]
}
