-- For so many mails of each stream: how many may go now, after how many seconds the next one, and
-- how many a second by now. Receivers recover by one a second each minute; what is allowed to a
-- new domain doubles each day. Who waits has a place in the queue, no more: places are spaced so
-- that there is a turn for each when it comes.
WITH asked AS (
  SELECT p.id, w.mails, greatest(p.next_at, now()) AS free, greatest(p.queue_until, now()) AS queue,
    CASE WHEN p.key LIKE 'from:%%'
      THEN p.rate * 2 ^ least(30, floor(extract(epoch FROM now() - p.since) / 86400))
      ELSE p.rate + extract(epoch FROM now() - p.since) / 60 END::float8 AS rate
  FROM mail_pace p JOIN unnest(%(keys)s::text[], %(mails)s::int[]) AS w (key, mails) USING (key)
  FOR UPDATE OF p
),
granted AS (
  SELECT *, least(mails, greatest((free <= now())::int,
    floor(rate * extract(epoch FROM now() + interval '1 second' - free))))::int AS now_go FROM asked
)
UPDATE mail_pace p SET next_at = g.free + make_interval(secs => g.now_go / g.rate),
  queue_until = CASE WHEN g.mails = g.now_go THEN p.queue_until ELSE least(now() + interval '1 day',
    greatest(g.queue, g.free + make_interval(secs => g.now_go / g.rate))
    + make_interval(secs => (g.mails - g.now_go) / g.rate)) END
FROM granted g WHERE p.id = g.id
RETURNING p.key, g.now_go, greatest(0, extract(epoch FROM
  greatest(g.queue, g.free + make_interval(secs => g.now_go / g.rate)) - now()))::float8, g.rate
