-- Mails that a server's rate allows, at most those of the second to come; each takes its moment.
INSERT INTO mail_relay AS r (name, problem, failures, taken_until)
VALUES (%(name)s, '', 0, now() + make_interval(secs => least(%(most)s, ceil(%(rate)s)) / %(rate)s))
ON CONFLICT (name) DO UPDATE SET taken_until = greatest(r.taken_until, now()) + make_interval(secs =>
  greatest(0, least(%(most)s, floor(1e-6 + %(rate)s * extract(epoch FROM
    now() + interval '1 second' - greatest(r.taken_until, now()))))) / %(rate)s)
RETURNING round(extract(epoch FROM new.taken_until - greatest(coalesce(old.taken_until, now()), now())) * %(rate)s)
