import Kernel
import Storage

/// A person's account, without its password.
package struct User: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case active, frozen

        package var title: String { self == .active ? "正常" : "已冻结" }
    }

    package struct HeldRole: Sendable, Equatable {
        package var id: Int64
        package var name: String
        package var title: String
        /// Given to the person alone; otherwise by groups only.
        package var isDirect: Bool

        package init(id: Int64, name: String, title: String, isDirect: Bool = true) {
            self.id = id
            self.name = name
            self.title = title
            self.isDirect = isDirect
        }
    }

    package var id: Int64
    /// Small letters, unique.
    package var login: String
    package var name: String
    package var phone: String?
    package var organisation: Int64
    package var organisationName: String
    package var area: String
    package var state: State
    package var mustChangePassword: Bool
    /// Wrong passwords since the last login.
    package var failedCount: Int
    /// Until when logins from addresses the user never used are refused.
    package var lockedUntil: Moment?
    package var lastLoginAt: Moment?
    package var lastLoginAddress: String?
    package var createdAt: Moment
    /// After which the account cannot be used; nil for never.
    package var expiresAt: Moment?
    package var hasSecondFactor: Bool
    /// Nil unless the person left.
    package var leftAt: Moment?
    /// All that the person may be, by groups too.
    package var roles: [HeldRole]

    /// What a form of the account changes.
    package var ownRoles: [Int64] { roles.filter(\.isDirect).map(\.id) }

    /// For people: those of groups say so.
    package var roleTitles: String { roles.map { $0.isDirect ? $0.title : "\($0.title)（用户组）" }.joined(separator: "、") }

    static let columns: SQL = "u.*, o.name AS organisation_name"
    static let tables: SQL = "users u JOIN organisations o ON o.id = u.organisation"

    init(_ row: Row, roles: [HeldRole]) {
        id = row.int("id") ?? 0
        login = row.text("login") ?? ""
        name = row.text("name") ?? ""
        phone = row.text("phone")
        organisation = row.int("organisation") ?? 0
        organisationName = row.text("organisation_name") ?? ""
        area = row.text("area") ?? ""
        state = row.text("state").flatMap(State.init) ?? .frozen
        mustChangePassword = row.bool("must_change")
        failedCount = Int(row.int("failed_count") ?? 0)
        lockedUntil = row.moment("locked_until")
        lastLoginAt = row.moment("last_login_at")
        lastLoginAddress = row.text("last_login_address")
        createdAt = row.moment("created_at") ?? Moment(milliseconds: 0)
        expiresAt = row.moment("expires_at")
        hasSecondFactor = row.moment("totp_enabled_at") != nil
        leftAt = row.moment("left_at")
        self.roles = roles
    }
}

/// What is asked for when an account is created or changed.
package struct UserDraft: Sendable, Equatable {
    /// Compared and stored in small letters.
    package var login: String
    package var name: String
    package var phone: String?
    package var organisation: Int64?
    package var roles: [Int64]
    /// The last day of an account for a limited time; nil for no limit.
    package var lastDay: Day?

    package init(login: String, name: String, phone: String? = nil, organisation: Int64?, roles: [Int64], lastDay: Day? = nil) {
        self.login = User.normalized(login)
        self.name = name
        self.phone = phone
        self.organisation = organisation
        self.roles = roles
        self.lastDay = lastDay
    }
}

extension User {
    /// As logins are stored and compared.
    package static func normalized(_ login: String) -> String { String(login.lowercased().filter { !$0.isWhitespace }) }
}

/// What a list of users is narrowed by. Nil means any.
package struct UserSearch: Sendable {
    /// Part of login or name, or the whole telephone number.
    package var keyword: String?
    package var organisation: Int64?
    package var state: User.State?
    package var role: Int64?

    package init(keyword: String? = nil, organisation: Int64? = nil, state: User.State? = nil, role: Int64? = nil) {
        self.keyword = keyword
        self.organisation = organisation
        self.state = state
        self.role = role
    }
}
