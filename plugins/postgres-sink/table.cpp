#include "postgres-sink/table.h"

#include <algorithm>
#include <map>

namespace ingest::postgres_sink {
namespace {

struct StoredColumn {
    TypeOid type;      // under a domain, the type that it is made of
    std::string sql;   // as the server writes the type
    bool not_null;
    bool has_default;
    bool unique;       // part of a unique index
};
using StoredColumns = std::map<std::string, StoredColumn, std::less<>>;

// Empty when there is no such table. The name is looked up as in a statement, by search_path.
StoredColumns stored_columns(pqxx::transaction_base& transaction, const std::string& table) {
    const pqxx::result rows = transaction.exec_params(
        "SELECT a.attname, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE a.atttypid END,"
        " format_type(a.atttypid, a.atttypmod), a.attnotnull,"
        " a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,"
        " EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid"
        "         AND i.indisunique AND i.indisvalid AND a.attnum = ANY (i.indkey))"
        " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
        " WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped",
        table);
    StoredColumns columns;
    for (const pqxx::row& row : rows) {
        columns[row[0].as<std::string>()] = {row[1].as<TypeOid>(), row[2].as<std::string>(),
                                             row[3].as<bool>(), row[4].as<bool>(),
                                             row[5].as<bool>()};
    }
    return columns;
}

void create_table(pqxx::transaction_base& transaction, const std::string& table,
                  std::span<const Column> columns) {
    std::string list;
    for (const Column& column : columns) {
        if (!list.empty()) list += ", ";
        list += quoted(column.name) + " " + std::string(column.type->sql);
        if (column.required) list += " NOT NULL";
        if (column.name == "id") list += " PRIMARY KEY";
        if (column.name == "created_at") list += " DEFAULT now()";
    }
    transaction.exec("CREATE TABLE " + table + " (" + list + ")");
    transaction.exec("CREATE INDEX ON " + table + " (equipment_id, \"timestamp\" DESC)");
    transaction.exec("CREATE INDEX ON " + table + " (\"timestamp\" DESC)");
}

// Creates the table or adds the missing fields, and returns what it has then.
StoredColumns make_columns(pqxx::connection_base& connection, const Options& options,
                           std::span<const Column> columns, const sdk::Host& host) {
    pqxx::work transaction(connection);
    // A column waits for the table's lock, and everybody else behind it: not for long.
    transaction.exec("SET LOCAL lock_timeout = '3s'");
    // One at a time: CREATE TABLE IF NOT EXISTS fails when two do it at once. The first number
    // ("ingt") keeps our locks apart from those of others.
    transaction.exec_params("SELECT pg_advisory_xact_lock(1768843124, hashtext($1))",
                            options.table);
    StoredColumns stored = stored_columns(transaction, options.table);
    std::vector<std::string> changes;
    if (stored.empty()) {
        create_table(transaction, options.table, columns);
        changes.push_back("created the table " + options.table);
    } else {
        for (const Column& column : columns) {
            if (column.fixed || stored.contains(column.name)) continue;
            // Nullable, whatever the schema says: the rows that are there have no value for it.
            transaction.exec("ALTER TABLE " + options.table + " ADD COLUMN IF NOT EXISTS " +
                             quoted(column.name) + " " + std::string(column.type->sql));
            changes.push_back("added the column " + column.name + " to " + options.table);
        }
    }
    stored = stored_columns(transaction, options.table);
    transaction.commit();
    for (const std::string& change : changes) host.info(change);
    return stored;
}

void check_column(const std::string& table, const Column& column, const StoredColumns& stored) {
    const auto found = stored.find(column.name);
    if (found == stored.end()) {
        throw sdk::fatal("the table " + table + " has no column " + column.name +
                         "; what would help: ALTER TABLE " + table + " ADD COLUMN " +
                         quoted(column.name) + " " + std::string(column.type->sql));
    }
    if (!stores_exactly(*column.type, found->second.type)) {
        throw sdk::fatal("the column " + column.name + " of " + table + " is of type " +
                         found->second.sql + ", which does not hold every " +
                         std::string(column.type->sql) + " exactly; change its type");
    }
}

void check_columns(const std::string& table, std::span<const Column> columns,
                   const StoredColumns& stored, const sdk::Host& host) {
    for (const Column& column : columns) check_column(table, column, stored);
    for (const auto& [name, column] : stored) {
        const bool ours = std::ranges::find(columns, name, &Column::name) != columns.end();
        if (ours || !column.not_null || column.has_default) continue;
        throw sdk::fatal("the column " + name + " of " + table +
                         " must have a value, but no field has its name; what would help: ALTER "
                         "TABLE " + table + " ALTER COLUMN " + quoted(name) + " DROP NOT NULL");
    }
    if (!stored.find("id")->second.unique) {
        host.warn("no unique index of " + table +
                  " contains id: a write that is repeated stores its readings twice");
    }
}

std::optional<std::vector<CellForm>> copied_forms(std::span<const Column> columns,
                                                  const StoredColumns& stored) {
    std::vector<CellForm> forms;
    for (const Column& column : columns) {
        const auto form = copied_as(*column.type, stored.find(column.name)->second.type);
        if (!form) return std::nullopt;
        forms.push_back(*form);
    }
    return forms;
}

// The value as text that loses nothing, whatever the session's settings: numbers and times as the
// hexadecimal digits of their binary form.
std::string selected(const Column& column) {
    const std::string name = quoted(column.name);
    if (column.type->format == "g") return "encode(float8send(" + name + "), 'hex')";
    if (column.type->format == "tsu:UTC") return "encode(timestamptz_send(" + name + "), 'hex')";
    return name + "::text";
}

}  // namespace

std::optional<std::vector<CellForm>> prepare_table(pqxx::connection_base& connection,
                                                   const Options& options,
                                                   std::span<const Column> columns,
                                                   const sdk::Host& host) {
    StoredColumns stored;
    {
        pqxx::nontransaction look(connection);
        stored = stored_columns(look, options.table);
    }
    if (stored.empty() && !options.create_table) {
        throw sdk::fatal("the table " + options.table +
                         " does not exist and the option create_table is false; create the table, "
                         "or set create_table: true");
    }
    const bool lacks_field = std::ranges::any_of(columns, [&](const Column& column) {
        return !column.fixed && !stored.contains(column.name);
    });
    if (options.create_table && (stored.empty() || lacks_field)) {
        stored = make_columns(connection, options, columns, host);
    }
    check_columns(options.table, columns, stored, host);
    return copied_forms(columns, stored);
}

std::string copy_statement(const Options& options, std::span<const Column> columns) {
    std::string names;
    for (const Column& column : columns) {
        names.append(names.empty() ? "" : ", ").append(quoted(column.name));
    }
    return "COPY " + options.table + " (" + names + ") FROM STDIN (FORMAT binary)";
}

std::string insert_statement(const Options& options, std::span<const Column> columns) {
    std::string names;
    std::string arrays;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) {
            names += ", ";
            arrays += ", ";
        }
        names += quoted(columns[i].name);
        arrays.append("$").append(std::to_string(i + 1)).append("::");
        arrays.append(columns[i].type->sql).append("[]");
    }
    // Without a conflict target: whichever unique index says that a reading is there already.
    return "INSERT INTO " + options.table + " (" + names + ") SELECT * FROM unnest(" + arrays +
           ") ON CONFLICT DO NOTHING";
}

LatestStatement latest_statement(pqxx::connection_base& connection, const Options& options,
                                 std::span<const Column> columns) {
    pqxx::nontransaction look(connection);
    const StoredColumns stored = stored_columns(look, options.table);
    if (stored.empty()) return {};
    LatestStatement statement{"SELECT ", true};
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) statement.sql += ", ";
        if (stored.contains(columns[i].name)) {
            statement.sql += selected(columns[i]);
        } else {
            statement.sql += "NULL";
            statement.complete = false;
        }
    }
    statement.sql += " FROM " + options.table +
                     " WHERE equipment_id = $1 ORDER BY \"timestamp\" DESC LIMIT $2";
    return statement;
}

}  // namespace ingest::postgres_sink
