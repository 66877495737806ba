/**
 * What a PostgreSQL store has in a server: a schema for each crawl, in it
 *
 *     crawl     version                                one row
 *     known     digest, claimant                       URLs ever found; for whom one was claimed
 *     queues    name, numbers, waiting, owner, ready   entries that were ever in it, that wait now
 *     entries   queue, seq -> url ...                  those that wait
 *     workers   epoch, ends, pages, reserved, queued, wants, call, answer
 *     states    name -> JSON
 *
 * and a function for each thing that a store does in one step. A call of a function is a statement,
 * so a transaction, and one round trip.
 *
 * Workers work side by side. What they lock, all of them lock in this order, so that none waits in
 * a circle: the row of the worker, `crawl`, digests, queues; several of a kind by their names.
 * `queues` is locked before entries are numbered: an entry is not seen before one with a lower
 * number. Times are in ms, by the server's clock.
 *
 * Every change has a number, and a worker's last answer is kept: a change whose answer was lost
 * with the connection can be asked for again, and happens once.
 */

/** Of what is in a schema; one of another version is not touched. */
export const VERSION = 1;

export const TABLES: string = `
CREATE TABLE crawl (version int NOT NULL);
INSERT INTO crawl VALUES (${VERSION});
CREATE TABLE known (digest uuid PRIMARY KEY, claimant text);
CREATE TABLE queues (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  numbers bigint NOT NULL DEFAULT 0,
  waiting bigint NOT NULL DEFAULT 0,
  owner text,
  ready double precision NOT NULL DEFAULT 0
);
CREATE INDEX free_queues ON queues (ready) WHERE owner IS NULL AND waiting > 0;
CREATE INDEX owned_queues ON queues (owner) WHERE owner IS NOT NULL;
CREATE TABLE entries (
  queue bigint NOT NULL,
  seq bigint NOT NULL,
  url text NOT NULL,
  depth int NOT NULL,
  referrer text,
  via text,
  PRIMARY KEY (queue, seq)
);
CREATE TABLE workers (
  name text PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  ends double precision NOT NULL DEFAULT 0,
  pages bigint NOT NULL DEFAULT 0,
  reserved bigint NOT NULL DEFAULT 0,
  queued bigint NOT NULL DEFAULT 0,
  wants bigint NOT NULL DEFAULT 0,
  call bigint,
  answer text
);
CREATE TABLE states (name text PRIMARY KEY, value text NOT NULL);
`;

/** A function that changes something: what `body` puts into `_answer` is kept, and answered. */
function change(name: string, parameters: string, body: string, variables = ""): string {
  const all = ["_worker text", "_epoch bigint", "_call bigint", parameters].filter(Boolean);
  return `
CREATE FUNCTION ${name}_(${all.join(", ")}) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  _me workers;
  _answer text := '';
  ${variables}
BEGIN
  SELECT * INTO _me FROM workers WHERE name = _worker FOR UPDATE;
  IF _me.epoch IS DISTINCT FROM _epoch THEN RAISE 'LEASELOST'; END IF;
  IF _me.call = _call THEN RETURN _me.answer; END IF;
  ${body}
  UPDATE workers SET call = _call, answer = _answer WHERE name = _worker;
  RETURN _answer;
END $$;`;
}

export const FUNCTIONS: string = `
CREATE FUNCTION now_ms() RETURNS double precision LANGUAGE sql AS
  $$ SELECT extract(epoch FROM clock_timestamp())::double precision * 1000 $$;

-- The row of the worker is locked already.
CREATE FUNCTION dismiss(_worker text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM queues WHERE owner = _worker ORDER BY name FOR UPDATE;
  UPDATE queues SET owner = NULL WHERE owner = _worker;
  UPDATE workers SET ends = 0, reserved = 0, wants = 0 WHERE name = _worker;
END $$;

-- A row that is locked is that of a worker which does something.
CREATE FUNCTION bury() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  _dead text;
BEGIN
  FOR _dead IN SELECT name FROM workers WHERE ends > 0 AND ends <= now_ms()
    ORDER BY name FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM dismiss(_dead);
    UPDATE workers SET epoch = epoch + 1 WHERE name = _dead;
  END LOOP;
END $$;

-- Whoever had the name is dead. Answers the epoch.
CREATE FUNCTION join_(_worker text, _lease double precision) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  _result bigint;
BEGIN
  INSERT INTO workers (name) VALUES (_worker) ON CONFLICT DO NOTHING;
  PERFORM 1 FROM workers WHERE name = _worker FOR UPDATE;
  PERFORM dismiss(_worker);
  UPDATE workers SET epoch = epoch + 1, ends = now_ms() + _lease, call = NULL, answer = NULL
    WHERE name = _worker RETURNING epoch INTO _result;
  PERFORM bury();
  RETURN _result;
END $$;

CREATE FUNCTION renew_(_worker text, _epoch bigint, _lease double precision, _wants bigint)
RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  UPDATE workers SET ends = now_ms() + _lease, wants = _wants
    WHERE name = _worker AND epoch = _epoch;
  IF NOT FOUND THEN RAISE 'LEASELOST'; END IF;
  PERFORM bury();
  RETURN (SELECT json_build_object(
    'queued', sum(queued),
    'pages', sum(pages),
    'free', (SELECT count(*) FROM (
      SELECT 1 FROM queues WHERE owner IS NULL AND waiting > 0 LIMIT 1000
    ) AS few),
    'taken', (SELECT count(*) FROM queues WHERE owner IS NOT NULL),
    'workers', count(*) FILTER (WHERE ends > 0),
    'wanted', coalesce(sum(wants) FILTER (WHERE name <> _worker), 0)
  ) FROM workers);
END $$;
${change(
  "claim",
  "_digest uuid, _claimant text",
  `INSERT INTO known VALUES (_digest, _claimant) ON CONFLICT DO NOTHING;
  SELECT claimant IS NOT DISTINCT FROM _claimant INTO _answer FROM known WHERE digest = _digest;`,
)}
${change(
  "take",
  "_count int",
  `WITH chosen AS (
    SELECT id FROM queues WHERE owner IS NULL AND waiting > 0 AND ready <= now_ms()
    ORDER BY ready LIMIT _count FOR UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE queues SET owner = _worker FROM chosen WHERE queues.id = chosen.id
    RETURNING queues.name, queues.numbers
  )
  SELECT coalesce(json_agg(json_build_object('queue', name, 'newest', numbers - 1)), '[]')
    INTO _answer FROM taken;`,
)}
${change(
  "release",
  "_queues text[], _delays double precision[]",
  `PERFORM 1 FROM queues WHERE name = ANY (_queues) AND owner = _worker ORDER BY name FOR UPDATE;
  UPDATE queues SET owner = NULL,
      ready = CASE WHEN it.delay > 0 THEN now_ms() + it.delay ELSE ready END
    FROM unnest(_queues, _delays) AS it (queue, delay)
    WHERE name = it.queue AND owner = _worker;`,
)}
${change(
  "reserve",
  "_count bigint, _limit bigint",
  `PERFORM 1 FROM crawl FOR UPDATE; -- nobody may count while another one reserves
  SELECT greatest(-_me.reserved, least(_count, greatest(0, _limit - sum(pages + reserved))))
    INTO _granted FROM workers;
  UPDATE workers SET reserved = reserved + _granted WHERE name = _worker;
  _answer := _granted;`,
  "_granted bigint;",
)}
${change(
  "commit",
  `_digests uuid[], _queues text[], _urls text[], _depths int[], _referrers text[], _vias text[],
  _added int, _known uuid[], _ended_queues text[], _ended_seqs bigint[], _pages bigint,
  _states text[], _values text[]`,
  `-- Of the entries, the first so many are added: they are queued if nobody knows them. The others
  -- have moved, and are queued in any case.
  WITH found AS (
    SELECT DISTINCT ON (digest) digest, ord FROM (
      SELECT digest, ord FROM unnest(_digests) WITH ORDINALITY AS it (digest, ord)
        WHERE ord <= _added
      UNION ALL
      SELECT digest, NULL FROM unnest(_known) AS it (digest)
    ) AS both_kinds
    ORDER BY digest, ord
  ), new AS (
    INSERT INTO known (digest) SELECT digest FROM found ORDER BY digest
      ON CONFLICT DO NOTHING RETURNING digest
  )
  SELECT array_agg(it.ord > _added OR new.digest IS NOT NULL ORDER BY it.ord) INTO _wanted
    FROM unnest(_digests) WITH ORDINALITY AS it (digest, ord)
    LEFT JOIN found ON found.ord = it.ord LEFT JOIN new ON new.digest = found.digest;

  INSERT INTO queues (name)
    SELECT DISTINCT queue FROM unnest(_queues, _wanted) AS it (queue, wanted) WHERE wanted
      ORDER BY queue
    ON CONFLICT DO NOTHING;
  PERFORM 1 FROM queues WHERE name IN (
    SELECT queue FROM unnest(_queues, _wanted) AS it (queue, wanted) WHERE wanted
    UNION SELECT queue FROM unnest(_ended_queues) AS it (queue)
  ) ORDER BY name FOR UPDATE;

  INSERT INTO entries
    SELECT queues.id,
      queues.numbers - 1 + row_number() OVER (PARTITION BY queues.id ORDER BY it.ord),
      it.url, it.depth, it.referrer, it.via
    FROM unnest(_queues, _urls, _depths, _referrers, _vias, _wanted) WITH ORDINALITY
      AS it (queue, url, depth, referrer, via, wanted, ord)
    JOIN queues ON queues.name = it.queue WHERE it.wanted;
  GET DIAGNOSTICS _entered = ROW_COUNT;
  UPDATE queues SET numbers = numbers + it.count, waiting = waiting + it.count
    FROM (
      SELECT queue, count(*) FROM unnest(_queues, _wanted) AS it (queue, wanted)
        WHERE wanted GROUP BY queue
    ) AS it
    WHERE name = it.queue;

  WITH gone AS (
    DELETE FROM entries USING unnest(_ended_queues, _ended_seqs) AS it (queue, seq), queues
      WHERE queues.name = it.queue AND entries.queue = queues.id AND entries.seq = it.seq
      RETURNING entries.queue
  ), left_over AS (
    UPDATE queues SET waiting = waiting - it.count
      FROM (SELECT queue, count(*) FROM gone GROUP BY queue) AS it WHERE id = it.queue
  )
  SELECT count(*) INTO _removed FROM gone;

  INSERT INTO states SELECT * FROM unnest(_states, _values) AS it (name, value) ORDER BY name
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
  UPDATE workers SET pages = pages + _pages, reserved = greatest(0, reserved - _pages),
      queued = queued + _entered - _removed
    WHERE name = _worker;`,
  "_wanted boolean[]; _entered bigint; _removed bigint;",
)}
${change("leave", "", "PERFORM dismiss(_worker);")}
`;
