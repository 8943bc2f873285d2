-- A testimonial points only to a consent to its own present words that still holds (P5.6):
-- whoever changes the words, or withdraws, must take it down in the same transaction.
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'testimonial_has_consent_to_these_words') THEN
    ALTER TABLE website_testimonial ADD CONSTRAINT testimonial_has_consent_to_these_words
      FOREIGN KEY (consent_id, id, fingerprint, consent_holds)
      REFERENCES website_testimonialconsent (id, testimonial_id, fingerprint, holds);
  END IF;
END $$;
