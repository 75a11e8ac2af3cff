import Kernel
import Storage

/// A 局点 (B5.2.1.1): an organisation with everything below it that works on the platform by itself, with people, data and limits of its own. See decision 0105.
package struct Tenant: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case applied, refused, open, suspended, closed

        package var title: String {
            switch self {
            case .applied: "待审核"
            case .refused: "未通过"
            case .open: "已开通"
            case .suspended: "已暂停"
            case .closed: "已关闭"
            }
        }
    }

    /// What was agreed on; each has limits that a review may change.
    package enum Edition: String, Sendable, CaseIterable {
        case basic, standard, full

        package var title: String {
            switch self {
            case .basic: "基础版"
            case .standard: "标准版"
            case .full: "完整版"
            }
        }

        /// Accounts and organisations, where nobody says otherwise.
        package var quota: TenantQuota {
            switch self {
            case .basic: TenantQuota(users: 50, organisations: 20)
            case .standard: TenantQuota(users: 500, organisations: 200)
            case .full: TenantQuota(users: 20_000, organisations: 5_000)
            }
        }
    }

    package var id: Int64
    package var name: String
    /// Its top organisation; everything below belongs to it.
    package var organisation: Int64
    package var organisationName: String
    package var area: String
    package var path: String
    package var edition: Edition
    package var quota: TenantQuota
    package var state: State
    package var purpose: String
    package var contact: String
    package var appliedBy: Int64
    package var appliedByName: String
    package var appliedAt: Moment
    package var reviewedByName: String
    package var reviewedAt: Moment?
    package var opinion: String
    /// What is asked for beyond what there is; nil where nothing waits.
    package var wanted: TenantUpgrade?
    package var updatedAt: Moment

    static let select: SQL = "SELECT t.*, o.name AS organisation_name, o.area, o.path FROM tenants t JOIN organisations o ON o.id = t.organisation"

    init(_ row: Row) {
        id = row.int("id") ?? 0
        name = row.text("name") ?? ""
        organisation = row.int("organisation") ?? 0
        organisationName = row.text("organisation_name") ?? ""
        area = row.text("area") ?? ""
        path = row.text("path") ?? ""
        edition = row.text("edition").flatMap(Edition.init) ?? .basic
        quota = TenantQuota(users: Int(row.int("user_quota") ?? 0), organisations: Int(row.int("organisation_quota") ?? 0))
        state = row.text("state").flatMap(State.init) ?? .closed
        purpose = row.text("purpose") ?? ""
        contact = row.text("contact") ?? ""
        appliedBy = row.int("applied_by") ?? 0
        appliedByName = row.text("applied_by_name") ?? ""
        appliedAt = row.moment("applied_at") ?? Moment(milliseconds: 0)
        reviewedByName = row.text("reviewed_by_name") ?? ""
        reviewedAt = row.moment("reviewed_at")
        opinion = row.text("opinion") ?? ""
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
        if let edition = row.text("wanted_edition").flatMap(Edition.init), let users = row.int("wanted_users"), let organisations = row.int("wanted_organisations") {
            wanted = TenantUpgrade(
                edition: edition, quota: TenantQuota(users: Int(users), organisations: Int(organisations)), reason: row.text("wanted_reason") ?? "",
                by: row.int("wanted_by") ?? 0, byName: row.text("wanted_by_name") ?? "")
        }
    }

    /// The organisations at and below its top: one range of the index over paths.
    package var subtree: SQL { Self.subtree(path) }

    static func subtree(_ path: String) -> SQL { "path >= \(path) AND path < \(path.dropLast() + "0")" }
}

/// How many accounts and organisations a tenant may have.
package struct TenantQuota: Sendable, Equatable {
    package var users: Int
    package var organisations: Int

    package init(users: Int, organisations: Int) {
        self.users = users
        self.organisations = organisations
    }
}

/// An upgrade that waits for its review.
package struct TenantUpgrade: Sendable, Equatable {
    package var edition: Tenant.Edition
    package var quota: TenantQuota
    package var reason: String
    package var by: Int64
    package var byName: String
}

/// What is asked for when somebody applies for a tenant.
package struct TenantDraft: Sendable, Equatable {
    package var name: String
    package var organisation: Int64?
    package var edition: Tenant.Edition
    package var purpose: String
    package var contact: String

    package init(name: String, organisation: Int64?, edition: Tenant.Edition, purpose: String, contact: String) {
        self.name = name
        self.organisation = organisation
        self.edition = edition
        self.purpose = purpose
        self.contact = contact
    }
}

/// One line of a tenant's history.
package struct TenantEvent: Sendable {
    package var at: Moment
    package var act: String
    package var note: String
    package var byName: String
}

/// Tenants and what happened to them.
enum TenantTables {
    static let all: [Table] = [tenants, events]

    static let tenants = Table(
        "tenants",
        columns: [
            Column("name", .text, required: true), Column("organisation", .integer, required: true), Column("edition", .text, required: true),
            Column("user_quota", .integer, required: true), Column("organisation_quota", .integer, required: true), Column("state", .text, required: true),
            Column("purpose", .text, required: true), Column("contact", .text, required: true), Column("applied_by", .integer, required: true),
            Column("applied_by_name", .text, required: true), Column("applied_at", .integer, required: true), Column("reviewed_by_name", .text, required: true),
            Column("reviewed_at", .integer), Column("opinion", .text, required: true), Column("wanted_edition", .text), Column("wanted_users", .integer),
            Column("wanted_organisations", .integer), Column("wanted_reason", .text), Column("wanted_by", .integer), Column("wanted_by_name", .text),
            Column("updated_at", .integer, required: true),
        ],
        indexes: [Index("organisation"), Index("state", "id")])

    static let events = Table(
        "tenant_events",
        columns: [
            Column("tenant_id", .integer, required: true), Column("at", .integer, required: true), Column("act", .text, required: true), Column("note", .text, required: true),
            Column("by_name", .text, required: true),
        ], indexes: [Index("tenant_id", "id")])
}
