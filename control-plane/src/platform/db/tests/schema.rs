//! Both folders of migrations make the same tables: names, columns, kinds, keys, indexes,
//! references. A migration that was written for one engine only is found here.

use std::collections::BTreeSet;

use super::*;

async fn lines(db: &Db, sql: &'static str) -> BTreeSet<String> {
    let lines: Vec<String> = query_scalar(sql).fetch_all(db.read()).await.unwrap();
    assert!(!lines.is_empty(), "{sql}");
    lines.into_iter().collect()
}

async fn compare(on_sqlite: &'static str, on_postgres: &'static str) {
    let [(_folder, sqlite), (_other, postgres)] = both().await;
    let (sqlite, postgres) = (
        lines(&sqlite, on_sqlite).await,
        lines(&postgres, on_postgres).await,
    );
    let only = |these: &BTreeSet<String>, others: &BTreeSet<String>| {
        these.difference(others).cloned().collect::<Vec<_>>()
    };
    let differences = (only(&sqlite, &postgres), only(&postgres, &sqlite));
    assert_eq!(
        differences,
        (vec![], vec![]),
        "only with SQLite, only with PostgreSQL"
    );
}

#[tokio::test]
async fn migrations_have_the_same_numbers_and_names() {
    let all = "SELECT version || ' ' || description FROM _sqlx_migrations";
    let text = "SELECT CAST(version AS TEXT) || ' ' || description FROM _sqlx_migrations";
    compare(all, text).await;
}

#[tokio::test]
async fn tables_have_the_same_columns() {
    compare(
        "SELECT tables.name || '.' || columns.name || ' '
             || CASE columns.type WHEN 'INTEGER' THEN 'bigint' WHEN 'TEXT' THEN 'text'
                 WHEN 'BLOB' THEN 'bytea' WHEN 'REAL' THEN 'double precision'
                 ELSE columns.type END
             || CASE WHEN columns.\"notnull\" = 1 OR columns.pk > 0 THEN ' not null' ELSE '' END
             || CASE WHEN columns.dflt_value IS NULL THEN '' ELSE ' default' END
         FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
             AND tables.name <> '_sqlx_migrations'",
        "SELECT table_name || '.' || column_name || ' ' || data_type
             || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
             || CASE WHEN column_default IS NULL THEN '' ELSE ' default' END
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'",
    )
    .await;
}

#[tokio::test]
async fn tables_have_the_same_keys_and_indexes() {
    compare(
        "SELECT tables.name || ' unique ' || (SELECT group_concat(name, ',') FROM
                 (SELECT name FROM pragma_table_info(tables.name) WHERE pk > 0 ORDER BY pk))
         FROM sqlite_master AS tables
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
             AND tables.name <> '_sqlx_migrations'
         UNION ALL
         SELECT tables.name || CASE indexes.\"unique\" WHEN 1 THEN ' unique ' ELSE ' ' END
             || CASE indexes.origin WHEN 'c' THEN indexes.name || ' ' ELSE '' END
             || (SELECT group_concat(name, ',') FROM
                 (SELECT name FROM pragma_index_info(indexes.name) ORDER BY seqno))
             || CASE indexes.partial WHEN 1 THEN ' partial' ELSE '' END
         FROM sqlite_master AS tables JOIN pragma_index_list(tables.name) AS indexes
         WHERE tables.type = 'table' AND tables.name <> '_sqlx_migrations'
             AND indexes.origin <> 'pk'",
        "SELECT tables.relname || CASE WHEN indisunique THEN ' unique ' ELSE ' ' END
             || CASE WHEN EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid
                     AND contype IN ('p', 'u'))
                 THEN '' ELSE indexes.relname || ' ' END
             || (SELECT string_agg(attname, ',' ORDER BY place)
                 FROM unnest(indkey) WITH ORDINALITY AS part (number, place)
                 JOIN pg_attribute ON attrelid = indrelid AND attnum = number)
             || CASE WHEN indpred IS NULL THEN '' ELSE ' partial' END
         FROM pg_index JOIN pg_class AS indexes ON indexes.oid = indexrelid
         JOIN pg_class AS tables ON tables.oid = indrelid
         WHERE tables.relnamespace = 'public'::regnamespace
             AND tables.relname <> '_sqlx_migrations'",
    )
    .await;
}

#[tokio::test]
async fn tables_refer_to_each_other_in_the_same_way() {
    compare(
        "SELECT tables.name || '.' || keys.\"from\" || ' ' || keys.\"table\" || ' ' || on_delete
         FROM sqlite_master AS tables JOIN pragma_foreign_key_list(tables.name) AS keys
         WHERE tables.type = 'table'",
        "SELECT conrelid::regclass::text || '.' || attname || ' ' || confrelid::regclass::text
             || ' ' || CASE confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
                 WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' ELSE 'SET DEFAULT' END
         FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
         WHERE contype = 'f'",
    )
    .await;
}

#[tokio::test]
async fn every_text_of_postgres_is_compared_by_its_bytes() {
    let (_folder, db) = on_postgres().await;
    let others: Vec<String> = query_scalar(
        "SELECT table_name || '.' || column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'
             AND data_type IN ('text', 'character varying', 'character')
             AND collation_name IS DISTINCT FROM 'C'",
    )
    .fetch_all(db.read())
    .await
    .unwrap();
    assert!(others.is_empty(), "write COLLATE \"C\": {others:?}");
}
