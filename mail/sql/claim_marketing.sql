-- One batch of one mailing, in flight at once, joined to everything that permits sending
-- (docs/mail.md). Sites take turns, the one that waited longest first, and so do the mailings of a
-- site: nobody starves another, and many mailings get no more turns than one. Of an unproven
-- mailing no more is taken than its canary has left, under the lock of its row. What lay still for
-- two hours waits for a person (overdue.sql). What is known of the contact is read now: the mail
-- says what is true when it leaves. So is what they chose: without a word of theirs only the kind
-- that was asked for when the outbox filled may go, marketing (P7.1).
-- First the lock, as a statement of its own: the next one sees what others took of a canary.
SELECT id FROM mail_mailing WHERE state = %(mailing_open)s AND canary_left IS NOT NULL
ORDER BY id FOR NO KEY UPDATE;
WITH sites AS (
  SELECT m.site_id, max(m.turn_at) AS turn_at FROM mail_mailing m
  WHERE m.state = %(mailing_open)s GROUP BY m.site_id
),
turn AS MATERIALIZED (
  SELECT m.id, m.site_id, m.content_hash, m.kind, s.slug, s.standing = %(site_trusted)s AS proven,
    m.canary_left IS NOT NULL AS restrained
  FROM (SELECT * FROM sites ORDER BY turn_at) AS waits
  JOIN accounts_site s ON s.id = waits.site_id
  CROSS JOIN LATERAL (
    SELECT * FROM mail_mailing m
    WHERE m.site_id = waits.site_id AND m.state = %(mailing_open)s
      AND m.content_hash = m.approved_hash
      AND (m.not_before IS NULL OR m.not_before <= now())
      AND (m.canary_left IS NULL OR m.canary_left > 0)
      AND EXISTS (SELECT 1 FROM mail_outbox o
        WHERE o.lane = %(marketing)s AND o.mailing_id = m.id
          AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now())
      AND (m.turn_at > now() - interval '2 hours' OR m.not_before > now() - interval '2 hours'
        OR NOT EXISTS (SELECT 1 FROM mail_outbox o
          WHERE o.lane = %(marketing)s AND o.mailing_id = m.id
            AND o.state IN (%(ready)s, %(retry)s) AND o.state = %(ready)s
            AND o.not_before < now() - interval '2 hours'))
    ORDER BY m.turn_at LIMIT 1) AS m
  WHERE s.standing <> %(site_suspended)s AND s.closes_at IS NULL
    AND EXISTS (SELECT 1 FROM unnest(%(relays)s::text[]) AS named WHERE NOT EXISTS (
      SELECT 1 FROM mail_relay r WHERE r.name = named AND r.resting_until > now()))
  ORDER BY waits.turn_at LIMIT 1
),
canary AS MATERIALIZED (
  SELECT m.canary_left FROM mail_mailing m
  WHERE m.id = (SELECT id FROM turn WHERE restrained) FOR NO KEY UPDATE
),
picked AS (  -- in the order of outbox_due: the sub-selects keep it from sorting all that waits
  SELECT o.id, o.contact_id IS NULL OR EXISTS (
      SELECT 1 FROM mail_suppression s  -- OFFSET 0: looked up, not all of them hashed
      WHERE s.site_id = o.site_id AND s.address_hash = o.address_hash OFFSET 0)
    OR NOT coalesce((SELECT c.agreed FROM visitors_choice c
      WHERE c.site_id = o.site_id AND c.contact_id = o.contact_id
        AND c.kind = (SELECT kind FROM turn)),
      (SELECT kind FROM turn) = %(marketing_kind)s) AS suppressed
  FROM mail_outbox o
  WHERE o.lane = %(marketing)s AND o.mailing_id = (SELECT id FROM turn)
    AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now()
  ORDER BY o.not_before, o.id
  LIMIT least(%(limit)s, (SELECT canary_left FROM canary))  -- NULL restrains nothing
  FOR UPDATE OF o SKIP LOCKED
),
turned AS (  -- before `counted`, which writes the same row
  UPDATE mail_mailing m SET turn_at = clock_timestamp(),
    canary_left = m.canary_left - (SELECT count(*) FROM picked WHERE NOT suppressed)
  WHERE m.id = (
    SELECT m.id FROM mail_mailing m JOIN turn ON turn.id = m.id
    FOR NO KEY UPDATE OF m SKIP LOCKED)
  RETURNING m.id
),
claimed AS (
  UPDATE mail_outbox o SET
    state = CASE WHEN p.suppressed THEN %(suppressed)s ELSE %(inflight)s END,
    settled_at = CASE WHEN p.suppressed THEN now() END,
    lease_token = CASE WHEN p.suppressed THEN NULL ELSE %(token)s::uuid END,
    lease_until = CASE WHEN p.suppressed THEN NULL ELSE now() + %(lease)s END,
    attempts = o.attempts + 1
  -- the LIMIT above is no number that the planner knows: it would read the whole outbox for the batch
  FROM (SELECT * FROM picked LIMIT %(limit)s) AS p WHERE o.id = p.id
  RETURNING o.id, o.site_id, o.mailing_id, o.contact_id, o.address, o.message_id, o.attempts,
    o.created_at, p.suppressed, o.not_before, o.domain_bucket
),
counted AS MATERIALIZED (
  SELECT app.count_mailing(site_id, mailing_id, suppressed => count(*))
  FROM claimed WHERE suppressed AND (SELECT count(*) FROM turned) >= 0 GROUP BY site_id, mailing_id
)
SELECT c.id, c.site_id, c.mailing_id, c.contact_id, c.address, c.message_id, c.attempts,
  c.created_at, c.suppressed, r.facts, NULL::bytea, turn.slug, turn.content_hash,
  c.domain_bucket, turn.proven
FROM turn CROSS JOIN claimed c
LEFT JOIN app.merge_facts(ARRAY(SELECT id FROM picked WHERE NOT suppressed)) r ON r.row_id = c.id
WHERE (SELECT count(*) FROM counted) >= 0  -- so that it runs
ORDER BY c.not_before, c.id
