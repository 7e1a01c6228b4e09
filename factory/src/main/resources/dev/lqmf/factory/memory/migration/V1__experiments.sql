-- A document for each experiment, and the columns it is looked for by; names in lower case.
CREATE TABLE experiment (
  id          TEXT PRIMARY KEY,
  status      TEXT NOT NULL,
  model       TEXT NOT NULL,
  method      TEXT NOT NULL,
  type        TEXT NOT NULL,
  recipe_hash TEXT,
  started     INTEGER NOT NULL, -- milliseconds since 1970
  document    TEXT NOT NULL
) STRICT;

CREATE INDEX experiment_started ON experiment (started);
CREATE INDEX experiment_recipe_hash ON experiment (recipe_hash);

-- Tells SqliteStore that Flyway has nothing to do.
PRAGMA user_version = 1;
