-- Defaults of bit strings and bytea.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a bit(2) DEFAULT B'11', b bit DEFAULT B'1', c varbit DEFAULT B'101', d bytea DEFAULT '\x01');
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL);
