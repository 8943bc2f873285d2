-- Letters of a circular that was stopped while a worker had them, and that came back unsent.
UPDATE mail_outbox o SET state = %(cancelled)s, settled_at = now(), content = NULL
FROM mail_recall r
WHERE r.site_id = o.site_id AND r.circular = o.circular AND o.circular IS NOT NULL
  AND o.state IN (%(ready)s, %(retry)s)
