-- One batch of transactional mail, in flight at once: no preference stops it (P7.4), only an
-- address that does not exist.
WITH picked AS (
  SELECT o.id, EXISTS (
      SELECT 1 FROM mail_suppression s WHERE s.site_id = o.site_id
        AND s.address_hash = o.address_hash AND s.reason = %(hard_bounce)s OFFSET 0) AS suppressed
  FROM mail_outbox o
  WHERE o.lane = %(transactional)s AND o.mailing_id IS NULL
    AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now()
    AND EXISTS (SELECT 1 FROM unnest(%(relays)s::text[]) AS named WHERE NOT EXISTS (
      SELECT 1 FROM mail_relay r WHERE r.name = named AND r.resting_until > now()))
  ORDER BY o.not_before, o.id LIMIT %(limit)s
  FOR UPDATE OF o SKIP LOCKED
),
claimed AS (
  UPDATE mail_outbox o SET
    state = CASE WHEN p.suppressed THEN %(suppressed)s ELSE %(inflight)s END,
    settled_at = CASE WHEN p.suppressed THEN now() END,
    lease_token = CASE WHEN p.suppressed THEN NULL ELSE %(token)s::uuid END,
    lease_until = CASE WHEN p.suppressed THEN NULL ELSE now() + %(lease)s END,
    content = CASE WHEN p.suppressed THEN NULL ELSE o.content END,
    attempts = o.attempts + 1
  FROM picked p WHERE o.id = p.id
  RETURNING o.id, o.site_id, o.mailing_id, o.contact_id, o.address, o.message_id, o.attempts,
    o.created_at, p.suppressed, o.content, o.not_before, o.domain_bucket
)
SELECT id, site_id, mailing_id, contact_id, address, message_id, attempts, created_at, suppressed,
  NULL, content, '', NULL::bytea, domain_bucket, true
FROM claimed ORDER BY not_before, id
