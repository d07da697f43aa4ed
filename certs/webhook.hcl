# What a replica may do in Vault or OpenBao: have its certificate signed by this role, nothing else.
# certs/setup fills in the mount and the role.
path "@PKI@/sign/@ROLE@" {
  capabilities = ["update"]
}
