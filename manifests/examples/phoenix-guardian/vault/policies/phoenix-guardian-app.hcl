# What both services need, and nothing else: Vault denies by default, so that no path has to be denied.
#
# The agent needs more than the paths of its secrets: it renews its token (auth/token/renew-self), looks itself up
# (auth/token/lookup-self) and renews leases (sys/leases/renew). The policy "default", which every token has, grants
# that. A denial wins over every grant, those of "default" included: with "deny" on auth/* and sys/* the agent's
# token and the database credentials would die at their first TTL (record/phoenix-guardian-app.hcl shows it).

path "phoenix-guardian/data/api/*" {
  capabilities = ["read"]
}

path "database/creds/app-role" {
  capabilities = ["read"]
}

# "update" alone: with "create", encrypting under a name that is not there would make a key.
path "transit/encrypt/patient-data" {
  capabilities = ["update"]
}

path "transit/decrypt/patient-data" {
  capabilities = ["update"]
}

path "transit/rewrap/patient-data" {
  capabilities = ["update"]
}

# Not needed, as nothing grants them. Who wants administration denied by name, whatever another policy of the same
# token may grant, names the administrative paths and not all of sys/ and auth/.
path "sys/policies/*" {
  capabilities = ["deny"]
}

path "sys/mounts/*" {
  capabilities = ["deny"]
}

path "sys/auth/*" {
  capabilities = ["deny"]
}

path "sys/audit/*" {
  capabilities = ["deny"]
}

path "auth/+/config" {
  capabilities = ["deny"]
}

path "auth/+/role/*" {
  capabilities = ["deny"]
}
