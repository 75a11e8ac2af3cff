import Kernel
import Storage

/// Somebody asks for an account (D9.2.7): a person for one in an organisation, or an enterprise to be taken in with its first administrator.
package struct Registration: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case person, enterprise

        package var title: String { self == .person ? "个人账号" : "企业入驻" }
    }

    package enum State: String, Sendable, CaseIterable {
        case pending, approved, refused

        package var title: String {
            switch self {
            case .pending: "待审核"
            case .approved: "已通过"
            case .refused: "未通过"
            }
        }
    }

    package var id: Int64
    /// Given to who asks; with the telephone number it answers how the matter stands.
    package var number: String
    package var kind: Kind
    package var state: State
    package var login: String
    package var name: String
    package var phone: String
    /// The organisation's number, the credit code for an enterprise.
    package var code: String
    package var company: String
    package var org: Int64?
    package var area: String?
    package var purpose: String
    package var address: String
    package var at: Moment
    package var decidedAt: Moment?
    package var decidedByName: String?
    package var reason: String?

    init(_ row: Row, phone: String) {
        id = row.int("id") ?? 0
        number = row.text("number") ?? ""
        kind = row.text("kind").flatMap(Kind.init) ?? .person
        state = row.text("state").flatMap(State.init) ?? .refused
        login = row.text("login") ?? ""
        name = row.text("name") ?? ""
        self.phone = phone
        code = row.text("code") ?? ""
        company = row.text("company") ?? ""
        org = row.int("org")
        area = row.text("area")
        purpose = row.text("purpose") ?? ""
        address = row.text("address") ?? ""
        at = row.moment("at") ?? Moment(milliseconds: 0)
        decidedAt = row.moment("decided_at")
        decidedByName = row.text("decided_by_name")
        reason = row.text("reason")
    }
}

/// What is written at the door.
package struct RegistrationDraft: Sendable {
    package var kind: Registration.Kind
    package var login: String
    package var name: String
    package var phone: String
    package var password: String
    package var code: String
    package var company: String
    /// Region code of the county, six digits.
    package var county: String
    package var purpose: String
    package var captcha: (id: String, answer: String)

    package init(
        kind: Registration.Kind, login: String, name: String, phone: String, password: String, code: String, company: String, county: String, purpose: String,
        captcha: (id: String, answer: String)
    ) {
        self.kind = kind
        self.login = User.normalized(login)
        self.name = name
        self.phone = phone
        self.password = password
        self.code = code.uppercased().filter { !$0.isWhitespace }
        self.company = company
        self.county = county
        self.purpose = purpose
        self.captcha = captcha
    }
}

enum RegistrationTables {
    static let registrations = Table(
        "registrations",
        columns: [
            Column("number", .text, required: true), Column("kind", .text, required: true), Column("state", .text, required: true), Column("login", .text, required: true),
            Column("name", .text, required: true), Column("phone", .text, required: true), Column("code", .text, required: true), Column("company", .text, required: true),
            Column("org", .integer), Column("area", .text), Column("purpose", .text, required: true), Column("password_hash", .text), Column("address", .text, required: true),
            Column("at", .integer, required: true), Column("decided_at", .integer), Column("decided_by", .integer), Column("decided_by_name", .text), Column("reason", .text),
            Column("user_id", .integer),
        ],
        indexes: [Index("number", unique: true), Index("state", "id"), Index("area", "id"), Index("org", "id"), Index("address", "at")])
}
