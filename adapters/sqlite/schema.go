package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations bring a file from user_version i to i+1. They are never changed, only added to.
var migrations = []string{
	`
CREATE TABLE instance (
	name     TEXT PRIMARY KEY,
	process  TEXT NOT NULL,
	state    TEXT NOT NULL,
	final    TEXT NOT NULL,
	sequence INTEGER NOT NULL,
	body     BLOB NOT NULL -- workflow.State as JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX instance_state ON instance (state, name) WHERE final = '';

CREATE TABLE event (
	instance TEXT NOT NULL,
	sequence INTEGER NOT NULL,
	body     BLOB NOT NULL, -- the bytes that the hash covers
	hash     BLOB NOT NULL,
	PRIMARY KEY (instance, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE timer (
	instance TEXT NOT NULL,
	name     TEXT NOT NULL,
	due      INTEGER NOT NULL, -- microseconds since 1970, as every instant here
	PRIMARY KEY (instance, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due, instance, name);

CREATE TABLE claim (
	scope    TEXT NOT NULL,
	key      TEXT NOT NULL,
	slot     INTEGER, -- the key of a claim to one of several slots
	instance TEXT NOT NULL,
	PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX claim_slot ON claim (scope, slot) WHERE slot IS NOT NULL;

CREATE TABLE outcome (
	key         TEXT PRIMARY KEY,
	fingerprint BLOB NOT NULL,
	body        BLOB NOT NULL -- workflow.Outcome as JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE work (
	id        INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of recording
	key       TEXT NOT NULL UNIQUE,
	direction INTEGER NOT NULL,
	instance  TEXT NOT NULL,
	status    INTEGER NOT NULL,
	due       INTEGER NOT NULL,
	attempts  INTEGER NOT NULL DEFAULT 0,
	owner     TEXT NOT NULL DEFAULT '',
	until     INTEGER NOT NULL DEFAULT 0,
	note      TEXT NOT NULL DEFAULT '',
	body      BLOB NOT NULL -- workflow.Effect or workflow.Message as JSON
) STRICT;
CREATE INDEX work_pending ON work (direction, due, id) WHERE status = 1;
CREATE INDEX work_leased ON work (direction, until) WHERE status = 2;
CREATE INDEX work_instance ON work (instance, id);

CREATE TABLE subject (
	name   TEXT PRIMARY KEY,
	sealed BLOB -- the sealed key; NULL when it was destroyed
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
	subject TEXT NOT NULL,
	name    TEXT NOT NULL,
	version INTEGER NOT NULL,
	sealed  BLOB NOT NULL,
	PRIMARY KEY (subject, name, version)
) STRICT;
`,
}

// migrate brings the schema up to date, each step in a transaction of its own. A file of a newer
// version is refused.
func migrate(ctx context.Context, db *sql.DB) error {
	for {
		done, err := migrateOnce(ctx, db)
		if err != nil || done {
			return err
		}
	}
}

func migrateOnce(ctx context.Context, db *sql.DB) (bool, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() // after Commit it does nothing
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, err
	}
	switch {
	case version == len(migrations):
		return true, nil
	case version > len(migrations):
		return false, fmt.Errorf("the file has version %d, this program knows %d",
			version, len(migrations))
	}
	if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1))
	if err != nil {
		return false, err
	}
	return false, tx.Commit()
}
