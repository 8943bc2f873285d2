-- A new sending domain begins to be known.
INSERT INTO mail_pace (key, rate, since, next_at, queue_until) VALUES (%(key)s, %(rate)s, now(), now(), now())
ON CONFLICT (key) DO NOTHING
