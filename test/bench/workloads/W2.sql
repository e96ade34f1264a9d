-- W2: pgbench's TPC-B, one client: three updates and an insert a transaction.
-- STREAM
\setenv TRANSACTIONS :transactions
\! pgbench -n -c 1 -t "$TRANSACTIONS" >/dev/null 2>&1
