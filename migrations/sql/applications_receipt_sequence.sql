-- Six digits of every receipt number; the date in the number makes the cycle harmless.
CREATE SEQUENCE IF NOT EXISTS application_receipt_seq AS integer MINVALUE 1 MAXVALUE 999999 CYCLE;
