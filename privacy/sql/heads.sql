-- Sites whose journal grew since its head was mailed last, a day ago or longer: one look at each head.
GRANT SELECT ON privacy_mailedhead, core_journalhead, accounts_site TO comm100_definer;

CREATE OR REPLACE FUNCTION app.heads_due(p_most int) RETURNS TABLE (due_site bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT h.site_id FROM core_journalhead h JOIN accounts_site s ON s.id = h.site_id
  LEFT JOIN LATERAL (SELECT m.seq, m.at FROM privacy_mailedhead m WHERE m.site_id = h.site_id
    ORDER BY m.seq DESC LIMIT 1) mailed ON true
  WHERE h.seq > coalesce(mailed.seq, 0) AND coalesce(mailed.at, s.created_at) < now() - interval '23 hours'
  ORDER BY h.site_id LIMIT p_most $$;
ALTER FUNCTION app.heads_due(int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.heads_due(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.heads_due(int) TO comm100_post;
