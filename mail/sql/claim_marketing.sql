-- One batch of one mailing, in flight at once, joined to everything that permits sending
-- (docs/mail.md). Mailings take turns, the one that waited longest first, so no site starves
-- another. What is known of the contact is read now: the mail says what is true when it leaves.
WITH turn AS MATERIALIZED (
  SELECT m.id, m.site_id, m.content_hash, s.slug, s.standing = %(site_trusted)s AS proven
  FROM mail_mailing m JOIN accounts_site s ON s.id = m.site_id
  WHERE m.state = %(mailing_open)s AND m.content_hash = m.approved_hash
    AND s.standing <> %(site_suspended)s
    AND (m.not_before IS NULL OR m.not_before <= now())
    AND EXISTS (SELECT 1 FROM mail_outbox o
      WHERE o.lane = %(marketing)s AND o.mailing_id = m.id
        AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now())
    AND EXISTS (SELECT 1 FROM unnest(%(relays)s::text[]) AS named WHERE NOT EXISTS (
      SELECT 1 FROM mail_relay r WHERE r.name = named AND r.resting_until > now()))
  ORDER BY m.turn_at LIMIT 1
),
picked AS (  -- in the order of outbox_due: the sub-selects keep it from sorting all that waits
  SELECT o.id, o.contact_id IS NULL OR EXISTS (
      SELECT 1 FROM mail_suppression s
      WHERE s.site_id = o.site_id AND s.address_hash = o.address_hash) AS suppressed
  FROM mail_outbox o
  WHERE o.lane = %(marketing)s AND o.mailing_id = (SELECT id FROM turn)
    AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now()
  ORDER BY o.not_before, o.id LIMIT %(limit)s
  FOR UPDATE OF o SKIP LOCKED
),
turned AS (
  UPDATE mail_mailing SET turn_at = clock_timestamp() WHERE id = (
    SELECT m.id FROM mail_mailing m JOIN turn ON turn.id = m.id
    FOR NO KEY UPDATE OF m SKIP LOCKED)
),
claimed AS (
  UPDATE mail_outbox o SET
    state = CASE WHEN p.suppressed THEN %(suppressed)s ELSE %(inflight)s END,
    settled_at = CASE WHEN p.suppressed THEN now() END,
    lease_token = CASE WHEN p.suppressed THEN NULL ELSE %(token)s::uuid END,
    lease_until = CASE WHEN p.suppressed THEN NULL ELSE now() + %(lease)s END,
    attempts = o.attempts + 1
  FROM picked p WHERE o.id = p.id
  RETURNING o.id, o.site_id, o.mailing_id, o.contact_id, o.address, o.message_id, o.attempts,
    o.created_at, p.suppressed, o.not_before, o.domain_bucket
),
counted AS MATERIALIZED (
  SELECT app.count_mailing(site_id, mailing_id, suppressed => count(*))
  FROM claimed WHERE suppressed GROUP BY site_id, mailing_id
)
SELECT c.id, c.site_id, c.mailing_id, c.contact_id, c.address, c.message_id, c.attempts,
  c.created_at, c.suppressed, r.facts, NULL::bytea, turn.slug, turn.content_hash,
  c.domain_bucket, turn.proven
FROM turn CROSS JOIN claimed c
LEFT JOIN app.merge_facts(ARRAY(SELECT id FROM picked WHERE NOT suppressed)) r ON r.row_id = c.id
WHERE (SELECT count(*) FROM counted) >= 0  -- so that it runs
ORDER BY c.not_before, c.id
