-- Encounters. What a patient said is stored as ciphertext of Vault's key patient-data alone.
CREATE TABLE IF NOT EXISTS encounters (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    patient text NOT NULL,
    note text NOT NULL CHECK (note LIKE 'vault:v%'),
    seen timestamptz NOT NULL DEFAULT now()
);
