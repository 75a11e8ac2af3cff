import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 人员档案 (D9.2.2, D17.1.1): one row is one person, whoever employs them; the accounts that are theirs name the row (`users.person`).
package enum PersonFile {
    package static let name = FieldKey<String>("name")
    package static let hasLeft = FieldKey<Bool>("hasLeft")

    package static let ledger = LedgerDeclaration(
        id: "D9.2.2", name: "personFile", title: "人员档案", titleEN: "People", group: "系统", ownedBy: .enterprise,
        owners: LedgerOwners("所属机构", "Employer", kind: nil), uniqueBy: ["idCard"], titleField: "name", keptYears: nil,
        fields: [
            .text("name", "姓名", length: 2...30, marks: [.required, .searchable, .sortable]),
            .text("number", "工号", length: 1...32, marks: [.searchable]),
            .text("idCard", "身份证号码", length: 18...18, check: .idCard, marks: [.required, .personal, .unlisted]),
            .text("phone", "联系电话", length: 7...20, check: .phone, marks: [.personal]),
            .text("department", "部门", length: 1...60, marks: [.searchable, .filterable]),
            .text("post", "职务", length: 1...60, marks: [.searchable]),
            .day("joinedOn", "入职日期", marks: [.sortable]),
            .bool("hasLeft", "已离岗", marks: [.filterable, .readOnly]).fallback("false"), .day("leftOn", "离岗日期", marks: [.readOnly]),
            .note("remark", "备注", length: 0...500, marks: [.unlisted]),
        ])

    /// Who keeps and sees the files when they first appear.
    static let grants = [
        LedgerGrant([ledger.name], [.read, .write, .import, .export], to: [.city, .enterpriseAdmin]),
        LedgerGrant([ledger.name], [.read], to: [.county, .securityAdmin, .auditAdmin]),
    ]

    /// On a person's page: the accounts, and what is done with them.
    static let additions = LedgerAdditions(
        ledger.name, tabs: [LedgerTab("accounts", "平台账号", "Accounts", permission: "user.read", render: accounts)],
        rowActions: [
            LedgerRowAction("关联账号", "Link an account", icon: "link", permission: "user.write", opensDialog: true) { record in
                record[hasLeft] == true ? nil : "\(PersonPages.path)/\(record.id)/link"
            },
            LedgerRowAction("办理离岗", "Leaving", icon: "exit", permission: "user.write") { record in
                record[hasLeft] == true ? nil : "\(PersonPages.path)/\(record.id)/departure"
            },
        ])

    @Sendable private static func accounts(_ record: Record, _ context: WebContext, _ reader: any Reader) throws -> Markup {
        let scope = try context.signedIn().scope
        let found = try PersonAccount.all(of: record.id, reader)
        let mayWrite = context.may("user.write")
        let rows = found.map { account -> TableRow in
            let isSeen = scope.admits(org: account.organisation, area: account.area)
            let remove = ActionButton(
                "解除关联", .post("\(PersonPages.path)/\(record.id)/unlink/\(account.user)", confirm: "账号“\(account.login)”不再属于此人，账号本身不变。确定？"), icon: "x", style: .quiet)
            let cells: [Markup] = ["\(account.login)", "\(account.name)", "\(account.organisationName)", "\(account.roles)", "\(account.stateBadge)"]
            return TableRow(id: String(account.user), cells, path: isSeen ? "/admin/users/\(account.user)" : nil, actions: mayWrite && isSeen ? "\(remove)" : .empty)
        }
        let table = DataTable(
            id: "person-accounts",
            columns: [
                Column("login", "登录名"), Column("name", "账号姓名"), Column("organisation", "账号所属机构", isWrapping: true), Column("roles", "角色", isWrapping: true), Column("state", "状态"),
            ],
            rows: rows, address: context.here, empty: "还没有关联账号。点“关联账号”填写登录名；一人可有多个账号，离岗时一并移交", hasTools: false)
        return "\(table)"
    }
}

/// One account of a person.
struct PersonAccount: Sendable {
    var user: Int64
    var login: String
    var name: String
    var organisation: Int64
    var organisationName: String
    var area: String
    var isActive: Bool
    var hasLeft: Bool
    /// Their titles, for people.
    var roles: String

    var stateBadge: Badge {
        if hasLeft { return Badge("已离职", .muted, isDot: true) }
        return isActive ? Badge("正常", .good, isDot: true) : Badge("已冻结", .red, isDot: true)
    }

    static func all(of person: Int64, _ reader: any Reader) throws -> [PersonAccount] {
        let rows = try reader.rows(
            """
            SELECT u.id, u.login, u.name, u.organisation, u.area, u.state, u.left_at, o.name AS organisation_name FROM users u JOIN organisations o ON o.id = u.organisation
            WHERE u.person = \(person) ORDER BY u.id LIMIT 50
            """)
        let ids = rows.compactMap { $0.int("id") }
        let held = try reader.rows("SELECT ur.user_id, r.title FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id IN (\(list: ids)) ORDER BY r.id")
        let titles = held.reduce(into: [Int64: [String]]()) { $0[$1[0].int ?? 0, default: []].append($1[1].text ?? "") }
        return rows.map { row in
            let id = row.int("id") ?? 0
            return PersonAccount(
                user: id, login: row.text("login") ?? "", name: row.text("name") ?? "", organisation: row.int("organisation") ?? 0,
                organisationName: row.text("organisation_name") ?? "", area: row.text("area") ?? "", isActive: row.text("state") == "active",
                hasLeft: row.moment("left_at") != nil, roles: (titles[id] ?? []).joined(separator: "、"))
        }
    }
}
