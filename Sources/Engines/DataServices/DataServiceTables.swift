import Identity
import Storage

/// The tables of this engine, as migrations must arrive at them.
package enum DataServiceTables {
    package static let all: [Table] = [services, applications, grants, blocks, usage, calls]

    /// One row is one interface: a saved query of a ledger with its parameters, columns and limits. `scope` is what its publisher may see, kept as words.
    static let services = Table(
        "data_services",
        columns: [
            Column("name", .text, required: true), Column("title", .text, required: true), Column("category", .text, required: true), Column("details", .text, required: true),
            Column("level", .text, required: true), Column("ledger", .text, required: true), Column("body", .text, required: true), Column("state", .text, required: true),
            Column("scope", .text, required: true), Column("org", .integer), Column("area", .text), Column("version", .integer, required: true),
            Column("updated_at", .integer, required: true), Column("updated_by", .integer, required: true), Column("updated_by_name", .text, required: true),
        ],
        indexes: [Index("name", unique: true), Index("state", "id")])

    /// One row is one program of another system. The secret is sealed, because a digest signature needs it.
    static let applications = Table(
        "data_applications",
        columns: [
            Column("name", .text, required: true), Column("app_key", .text, required: true), Column("secret", .blob, required: true), Column("contact", .text, required: true),
            Column("org", .integer), Column("area", .text), Column("addresses", .text, required: true), Column("state", .text, required: true),
            Column("at", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
        ],
        indexes: [Index("app_key", unique: true), Index("org", "id")])

    /// One row is one application's wish for one interface, and what came of it.
    static let grants = Table(
        "data_grants",
        columns: [
            Column("service_id", .integer, required: true), Column("application_id", .integer, required: true), Column("state", .text, required: true),
            Column("purpose", .text, required: true), Column("daily_limit", .integer, required: true), Column("minute_limit", .integer, required: true),
            Column("valid_until", .integer), Column("case_id", .integer), Column("at", .integer, required: true), Column("by_name", .text, required: true),
            Column("decided_at", .integer), Column("decided_by", .text),
        ],
        indexes: [Index("service_id", "application_id", unique: true, where: "state IN ('applied', 'approved')"), Index("application_id", "id"), Index("case_id")])

    /// One row is one address, or beginning of addresses, that gets no answer.
    static let blocks = Table(
        "data_blocks",
        columns: [
            Column("address", .text, required: true), Column("reason", .text, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ],
        indexes: [Index("address", unique: true)])

    /// One row is what a grant used on one day.
    static let usage = Table(
        "data_usage", key: ["grant_id", "day"],
        columns: [
            Column("grant_id", .integer, required: true), Column("day", .integer, required: true), Column("calls", .integer, required: true),
            Column("rows", .integer, required: true),
        ], isClustered: true)

    /// One row is one call, refused ones included; kept half a year.
    static let calls = Table(
        "data_calls",
        columns: [
            Column("at", .integer, required: true), Column("service", .text, required: true), Column("app_key", .text), Column("application", .text),
            Column("address", .text, required: true),
            Column("status", .integer, required: true), Column("code", .text), Column("rows", .integer, required: true), Column("milliseconds", .integer, required: true),
            Column("query", .text, required: true), Column("org", .integer), Column("area", .text),
        ],
        indexes: [Index("at"), Index("service", "id"), Index("app_key", "id"), Index("status", "id")])
}

/// The permissions of this engine.
package enum DataServicePermission {
    /// Sees the catalogue and applies for an interface.
    package static let read = "dataService.read"
    /// Writes, tests, publishes and withdraws interfaces.
    package static let write = "dataService.write"
    /// Registers applications, their secrets, black list, and revokes what was granted.
    package static let manage = "dataService.manage"
    /// Reads the log of calls.
    package static let log = "dataService.log"

    package static let all = [
        PermissionDeclaration(read, "数据服务：查看目录与申请", area: "数据服务", defaultRoles: [.city, .county, .maintainer]),
        PermissionDeclaration(write, "数据服务：编写、测试与上下线", area: "数据服务", defaultRoles: [.city]),
        PermissionDeclaration(manage, "数据服务：应用、密钥、黑名单与授权", area: "数据服务", defaultRoles: [.city]),
        PermissionDeclaration(log, "数据服务：访问日志", area: "数据服务", defaultRoles: [.city]),
    ]
}
