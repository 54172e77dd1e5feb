//! SQL of service accounts and API keys.

use std::num::NonZeroU32;

use jiff::Timestamp;

use super::model::{ApiKey, ServiceAccount};
use crate::platform::context::Role;
use crate::platform::db::{
    self, Connection, Executor, Pool, Row, from_micros, from_text, to_micros,
};
use crate::platform::ids::{ApiKeyId, UserId};
use crate::platform::ratelimit::Quota;
use crate::platform::scopes::Scopes;

/// A digest, as keys are stored.
pub type Digest = [u8; 32];

/// A key with what a call needs to know of its account.
#[derive(Debug)]
pub struct FoundKey {
    pub key: ApiKey,
    pub role: Role,
    pub quota: Quota,
    pub disabled: bool,
}

/// Writes a new account.
pub async fn insert_account(
    tx: &mut Connection,
    account: &ServiceAccount,
    created_by: UserId,
) -> Result<(), sqlx::Error> {
    let ServiceAccount {
        id,
        display_name,
        role,
        quota,
        disabled,
        create_time,
    } = account;
    db::query(
        "INSERT INTO users (id, email, display_name, role, password_hash, create_time, kind)
         VALUES ($1, $2, $3, $4, '', $5, 'service')",
    )
    .bind(id.to_string())
    .bind(id.to_string())
    .bind(display_name)
    .bind(role.word())
    .bind(to_micros(*create_time))
    .execute(&mut *tx)
    .await?;
    db::query(
        "INSERT INTO service_accounts (user_id, disabled, runs_per_minute, runs_per_hour,
             runs_per_day, calls_per_minute, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id.to_string())
    .bind(i64::from(*disabled))
    .bind(stored(quota.runs_per_minute))
    .bind(stored(quota.runs_per_hour))
    .bind(stored(quota.runs_per_day))
    .bind(stored(quota.calls_per_minute))
    .bind(created_by.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes an account.
pub async fn update_account(
    tx: &mut Connection,
    account: &ServiceAccount,
) -> Result<(), sqlx::Error> {
    let ServiceAccount {
        id,
        display_name,
        role,
        quota,
        disabled,
        create_time: _,
    } = account;
    db::query("UPDATE users SET display_name = $1, role = $2 WHERE id = $3")
        .bind(display_name)
        .bind(role.word())
        .bind(id.to_string())
        .execute(&mut *tx)
        .await?;
    db::query(
        "UPDATE service_accounts SET disabled = $1, runs_per_minute = $2, runs_per_hour = $3,
             runs_per_day = $4, calls_per_minute = $5
         WHERE user_id = $6",
    )
    .bind(i64::from(*disabled))
    .bind(stored(quota.runs_per_minute))
    .bind(stored(quota.runs_per_hour))
    .bind(stored(quota.runs_per_day))
    .bind(stored(quota.calls_per_minute))
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Reads an account.
pub async fn account(db: impl Executor, id: UserId) -> Result<Option<ServiceAccount>, sqlx::Error> {
    let row = db::query(
        "SELECT users.id, users.display_name, users.role, users.create_time,
             service_accounts.disabled, service_accounts.runs_per_minute,
             service_accounts.runs_per_hour, service_accounts.runs_per_day,
             service_accounts.calls_per_minute
         FROM service_accounts JOIN users ON users.id = service_accounts.user_id
         WHERE users.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(db)
    .await?;
    row.map(|row| account_of(&row)).transpose()
}

/// Accounts, newest first; only those older than `after`.
pub async fn accounts(
    db: &Pool,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ServiceAccount>, sqlx::Error> {
    let rows = db::query(
        "SELECT users.id, users.display_name, users.role, users.create_time,
             service_accounts.disabled, service_accounts.runs_per_minute,
             service_accounts.runs_per_hour, service_accounts.runs_per_day,
             service_accounts.calls_per_minute
         FROM service_accounts JOIN users ON users.id = service_accounts.user_id
         WHERE $1 IS NULL OR users.id < $1 ORDER BY users.id DESC LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(account_of).collect()
}

fn account_of(row: &Row) -> Result<ServiceAccount, sqlx::Error> {
    Ok(ServiceAccount {
        id: from_text(row.try_get("id")?)?,
        display_name: row.try_get("display_name")?,
        role: from_text(row.try_get("role")?)?,
        quota: quota_of(row)?,
        disabled: row.try_get::<i64, _>("disabled")? != 0,
        create_time: from_micros(row.try_get("create_time")?)?,
    })
}

/// Writes a new key; false when its request_id was used before.
pub async fn insert_key(
    tx: &mut Connection,
    key: &ApiKey,
    hash: &Digest,
    request_id: &str,
) -> Result<bool, sqlx::Error> {
    let ApiKey {
        id,
        account,
        name,
        scopes,
        create_time,
        expire_time,
        last_used_time: _,
        revoke_time: _,
    } = key;
    let result = db::query(
        "INSERT INTO api_keys (id, user_id, name, key_hash, scopes, request_id, create_time,
             expire_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_id, request_id) DO NOTHING",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(name)
    .bind(hash.as_slice())
    .bind(scopes.words())
    .bind((!request_id.is_empty()).then_some(request_id))
    .bind(to_micros(*create_time))
    .bind(to_micros(*expire_time))
    .execute(tx)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Reads a key by its digest, with its account.
pub async fn find_key(db: &Pool, hash: &Digest) -> Result<Option<FoundKey>, sqlx::Error> {
    let row = db::query(
        "SELECT api_keys.id, api_keys.user_id, api_keys.name, api_keys.scopes,
             api_keys.create_time, api_keys.expire_time, api_keys.last_used_time,
             api_keys.revoke_time, users.role, service_accounts.disabled,
             service_accounts.runs_per_minute, service_accounts.runs_per_hour,
             service_accounts.runs_per_day, service_accounts.calls_per_minute
         FROM api_keys JOIN users ON users.id = api_keys.user_id
             JOIN service_accounts ON service_accounts.user_id = api_keys.user_id
         WHERE api_keys.key_hash = $1",
    )
    .bind(hash.as_slice())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(FoundKey {
        key: key_of(&row)?,
        role: from_text(row.try_get("role")?)?,
        quota: quota_of(&row)?,
        disabled: row.try_get::<i64, _>("disabled")? != 0,
    }))
}

/// Keys of an account, newest first; only those older than `after`.
pub async fn keys(
    db: &Pool,
    account: UserId,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ApiKey>, sqlx::Error> {
    let rows = db::query(
        "SELECT id, user_id, name, scopes, create_time, expire_time, last_used_time, revoke_time
         FROM api_keys WHERE user_id = $1 AND ($2 IS NULL OR id < $2)
         ORDER BY id DESC LIMIT $3",
    )
    .bind(account.to_string())
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(key_of).collect()
}

/// Notes that a key was used.
pub async fn touch_key(
    tx: &mut Connection,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    db::query("UPDATE api_keys SET last_used_time = $1 WHERE id = $2")
        .bind(to_micros(now))
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends a key, if it had not ended before; none when there is no such key.
pub async fn revoke_key(
    tx: &mut Connection,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<Option<ApiKey>, sqlx::Error> {
    db::query("UPDATE api_keys SET revoke_time = coalesce(revoke_time, $1) WHERE id = $2")
        .bind(to_micros(now))
        .bind(id.to_string())
        .execute(&mut *tx)
        .await?;
    let row = db::query(
        "SELECT id, user_id, name, scopes, create_time, expire_time, last_used_time, revoke_time
         FROM api_keys WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(tx)
    .await?;
    row.map(|row| key_of(&row)).transpose()
}

fn key_of(row: &Row) -> Result<ApiKey, sqlx::Error> {
    let time = |column: &str| -> Result<Option<Timestamp>, sqlx::Error> {
        let micros: Option<i64> = row.try_get(column)?;
        micros.map(from_micros).transpose()
    };
    Ok(ApiKey {
        id: from_text(row.try_get("id")?)?,
        account: from_text(row.try_get("user_id")?)?,
        name: row.try_get("name")?,
        scopes: from_text::<Scopes>(row.try_get("scopes")?)?,
        create_time: from_micros(row.try_get("create_time")?)?,
        expire_time: from_micros(row.try_get("expire_time")?)?,
        last_used_time: time("last_used_time")?,
        revoke_time: time("revoke_time")?,
    })
}

fn stored(count: Option<NonZeroU32>) -> Option<i64> {
    count.map(|count| i64::from(count.get()))
}

fn quota_of(row: &Row) -> Result<Quota, sqlx::Error> {
    let count = |column: &str| -> Result<Option<NonZeroU32>, sqlx::Error> {
        let count: Option<i64> = row.try_get(column)?;
        Ok(count
            .and_then(|count| u32::try_from(count).ok())
            .and_then(NonZeroU32::new))
    };
    Ok(Quota {
        runs_per_minute: count("runs_per_minute")?,
        runs_per_hour: count("runs_per_hour")?,
        runs_per_day: count("runs_per_day")?,
        calls_per_minute: count("calls_per_minute")?,
    })
}
