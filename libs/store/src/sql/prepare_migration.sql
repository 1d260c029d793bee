-- A migration may take long; a lock that isn't to be had may not.
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET lock_timeout = '5min';
