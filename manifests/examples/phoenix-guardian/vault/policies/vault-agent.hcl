# What every agent needs, whatever its secrets: renew its token and its leases, and revoke the token at the pod's end.
#
# The roles of vault/login.toml have this policy instead of Vault's own "default", which grants the same and a dozen
# things more that no pod uses.

path "auth/token/renew-self" {
  capabilities = ["update"]
}

path "auth/token/lookup-self" {
  capabilities = ["read"]
}

path "auth/token/revoke-self" {
  capabilities = ["update"]
}

path "sys/leases/renew" {
  capabilities = ["update"]
}
