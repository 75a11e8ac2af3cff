import Identity
import Storage

/// What the running of the platform itself leaves: settings of operators, slow statements, backups.
package enum OperationTables {
    /// One row is one setting that was changed.
    static let settings = Table(
        "operation_settings", key: ["name"],
        columns: [
            Column("name", .text, required: true), Column("value", .text, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ], isClustered: true)

    /// One row is one statement, whatever its values, that took long at least once.
    static let slowStatements = Table(
        "slow_statements", key: ["digest"],
        columns: [
            Column("digest", .text, required: true), Column("statement", .text, required: true), Column("runs", .integer, required: true),
            Column("total_ms", .real, required: true),
            Column("worst_ms", .real, required: true), Column("rows", .integer, required: true), Column("first_at", .integer, required: true),
            Column("last_at", .integer, required: true),
            Column("node", .text, required: true), Column("plan", .text), Column("planned_at", .integer),
        ], indexes: [Index("last_at")], isClustered: true)

    /// One row is one backup or drill, from the page, the clock or a run that was cut off.
    static let backups = Table(
        "backup_runs",
        columns: [
            Column("kind", .text, required: true), Column("state", .text, required: true), Column("folder", .text, required: true), Column("started_at", .integer, required: true),
            Column("ended_at", .integer), Column("bytes", .integer), Column("message", .text), Column("by_name", .text, required: true), Column("node", .text, required: true),
        ],
        indexes: [Index("kind", "id"), Index("state", where: "state = 'running'")])

    package static let all: [Table] = [settings, slowStatements, backups, RestoreRequests.table, FileSweep.table] + ServiceBook.tables
}

/// Rights on the pages of operators.
package enum OperationPermission {
    static let read = "operation.read"
    static let write = "operation.write"
    static let approve = "operation.approve"

    static let all: [PermissionDeclaration] = [
        PermissionDeclaration(read, "系统运行：查看数据库与备份", area: "系统管理", defaultRoles: [.auditAdmin, .securityAdmin]),
        PermissionDeclaration(write, "系统运行：设置、备份与演练", area: "系统管理"),
        PermissionDeclaration(approve, "系统运行：批准恢复", area: "系统管理", defaultRoles: [.securityAdmin]),
    ]
}
