import Cryptography
import Identity
import Kernel
import Storage
import Workflows

/// One program of another system that may call interfaces (B5.5.7).
package struct DataApplication: Sendable, Equatable {
    package var id: Int64
    package var name: String
    package var key: String
    package var contact: String
    package var org: Int64?
    package var area: String?
    /// Beginnings of addresses it calls from; empty is any.
    package var addresses: [String]
    package var isOn: Bool
    package var at: Moment
    package var byName: String
    let sealedSecret: [UInt8]

    init(_ row: Row) {
        id = row.int("id") ?? 0
        name = row.text("name") ?? ""
        key = row.text("app_key") ?? ""
        contact = row.text("contact") ?? ""
        org = row.int("org")
        area = row.text("area")
        addresses = (row.text("addresses") ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        isOn = row.text("state") == "on"
        at = row.moment("at") ?? Moment(milliseconds: 0)
        byName = row.text("by_name") ?? ""
        sealedSecret = row.blob("secret") ?? []
    }
}

/// One application's right to one interface.
package struct DataGrant: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case applied, approved, refused, revoked

        package var title: String {
            switch self {
            case .applied: "待审核"
            case .approved: "已授权"
            case .refused: "未通过"
            case .revoked: "已撤销"
            }
        }
    }

    package var id: Int64
    package var service: Int64
    package var application: Int64
    package var state: State
    package var purpose: String
    /// Calls a day and a minute.
    package var dailyLimit: Int
    package var minuteLimit: Int
    package var validUntil: Moment?
    package var caseId: Int64?
    package var at: Moment
    package var byName: String

    init(_ row: Row) {
        id = row.int("id") ?? 0
        service = row.int("service_id") ?? 0
        application = row.int("application_id") ?? 0
        state = row.text("state").flatMap(State.init(rawValue:)) ?? .revoked
        purpose = row.text("purpose") ?? ""
        dailyLimit = Int(row.int("daily_limit") ?? 0)
        minuteLimit = Int(row.int("minute_limit") ?? 0)
        validUntil = row.moment("valid_until")
        caseId = row.int("case_id")
        at = row.moment("at") ?? Moment(milliseconds: 0)
        byName = row.text("by_name") ?? ""
    }
}

extension DataServiceEngine {
    /// Applications of one's scope, newest first.
    package func applications(by principal: Principal, in reader: any Reader) throws -> [DataApplication] {
        try reader.rows("SELECT * FROM data_applications WHERE \(principal.scope.condition()) ORDER BY id DESC LIMIT 1000").map(DataApplication.init)
    }

    package func application(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> DataApplication {
        guard let row = try reader.first("SELECT * FROM data_applications WHERE id = \(id) AND \(principal.scope.condition())") else { throw Failure.notFound("该应用") }
        return DataApplication(row)
    }

    /// - Returns: the application and its secret, which is shown this once.
    package func register(name: String, contact: String, addresses: String, by principal: Principal, in tx: any Transaction) throws -> (id: Int64, secret: String) {
        try principal.require(DataServicePermission.manage, "登记应用")
        var findings: [FieldFinding] = []
        if !(1...60).contains(name.count) { findings.append(FieldFinding("name", "range", "应为 1—60 个字", title: "应用名称")) }
        if !(1...100).contains(contact.count) { findings.append(FieldFinding("contact", "range", "应为 1—100 个字", title: "联系人")) }
        if addresses.count > 500 { findings.append(FieldFinding("addresses", "range", "不能超过 500 字", title: "来源地址")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let secret = SecureRandom.token(32)
        let id = try tx.insert(
            """
            INSERT INTO data_applications (name, app_key, secret, contact, org, area, addresses, state, at, by_id, by_name)
            VALUES (\(name), \("ds-" + Hex.encode(SecureRandom.bytes(10))), \(try keys.seal(Array(secret.utf8))), \(contact), \(principal.organisation), \(principal.area), \(addresses), 'on',
            \(clock.now), \(principal.id), \(principal.name))
            """)
        try audit.record(AuditEntry("create", "dataApplication", "\(id)", "登记数据应用“\(name)”"), by: principal, in: tx)
        return (id, secret)
    }

    /// A new secret; the old one and its tokens end at once.
    package func renewSecret(_ id: Int64, by principal: Principal, in tx: any Transaction) throws -> String {
        try principal.require(DataServicePermission.manage, "更换密钥")
        let application = try application(id, by: principal, in: tx)
        let secret = SecureRandom.token(32)
        try tx.execute("UPDATE data_applications SET secret = \(try keys.seal(Array(secret.utf8))) WHERE id = \(id)")
        try audit.record(AuditEntry("update", "dataApplication", "\(id)", "更换数据应用“\(application.name)”的密钥"), by: principal, in: tx)
        return secret
    }

    package func turn(_ id: Int64, on isOn: Bool, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(DataServicePermission.manage, "启停应用")
        let application = try application(id, by: principal, in: tx)
        try tx.execute("UPDATE data_applications SET state = \(isOn ? "on" : "off") WHERE id = \(id)")
        try audit.record(AuditEntry("update", "dataApplication", "\(id)", "数据应用“\(application.name)”\(isOn ? "启用" : "停用")"), by: principal, in: tx)
    }

    // MARK: Grants

    package func grants(service: Int64? = nil, application: Int64? = nil, in reader: any Reader) throws -> [DataGrant] {
        var conditions: [SQL] = []
        if let service { conditions.append("service_id = \(service)") }
        if let application { conditions.append("application_id = \(application)") }
        return try reader.rows("SELECT * FROM data_grants WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT 500").map(DataGrant.init)
    }

    /// Applies for an interface: a row that waits, and a case of the approval workflow that decides it.
    ///
    /// - Throws: `.invalid`; `.conflict` `JW-DS03` where it was applied for or granted already, `JW-DS04` where the interface is not on line.
    package func apply(
        _ service: DataService, for application: Int64, purpose: String, dailyLimit: Int, by principal: Principal, in tx: any Transaction
    ) throws -> WorkflowNumber {
        try principal.require(DataServicePermission.read, "申请数据接口")
        let application = try self.application(application, by: principal, in: tx)
        guard service.state == .online else { throw Failure(.conflict, "JW-DS04", "接口\(service.state.title)，不能申请") }
        var findings: [FieldFinding] = []
        if !(4...500).contains(purpose.count) { findings.append(FieldFinding("purpose", "range", "应为 4—500 个字", title: "用途")) }
        if !(1...1_000_000).contains(dailyLimit) { findings.append(FieldFinding("dailyLimit", "range", "应为 1—1000000", title: "每日次数")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        guard try tx.value("SELECT id FROM data_grants WHERE service_id = \(service.id) AND application_id = \(application.id) AND state IN ('applied', 'approved')") == nil else {
            throw Failure(.conflict, "JW-DS03", "该应用已申请或已获授权")
        }
        let id = try tx.insert(
            """
            INSERT INTO data_grants (service_id, application_id, state, purpose, daily_limit, minute_limit, at, by_name)
            VALUES (\(service.id), \(application.id), 'applied', \(purpose), \(dailyLimit), \(max(60, dailyLimit / 100)), \(clock.now), \(principal.name))
            """)
        let flow = levels?.current.workflows[DataServiceApproval.scene]?[service.level]
        let item = try DataServiceApproval.start(id, service, application, by: flow, purpose: purpose, dailyLimit: dailyLimit, on: workflows, by: principal, in: tx)
        try tx.execute("UPDATE data_grants SET case_id = \(item.id) WHERE id = \(id)")
        try audit.record(AuditEntry("create", "dataGrant", "\(id)", "“\(application.name)”申请数据接口“\(service.title)”"), by: principal, in: tx)
        return WorkflowNumber(caseId: item.id, number: item.number)
    }

    /// What the workflow came to.
    func decide(_ caseId: Int64, _ state: DataGrant.State, months: Int?, by principal: Principal, in tx: any Transaction) throws {
        let until: Moment? = months.map { clock.today.adding(days: $0 * 31).end }
        try tx.execute(
            "UPDATE data_grants SET state = \(state.rawValue), valid_until = \(until), decided_at = \(clock.now), decided_by = \(principal.name) WHERE case_id = \(caseId) AND state = 'applied'"
        )
    }

    /// From the next call on.
    package func revoke(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(DataServicePermission.manage, "撤销授权")
        guard try tx.execute("UPDATE data_grants SET state = 'revoked', decided_at = \(clock.now), decided_by = \(principal.name) WHERE id = \(id) AND state = 'approved'") == 1
        else {
            throw Failure(.conflict, "JW-DS05", "只有已授权的才能撤销")
        }
        try audit.record(AuditEntry("update", "dataGrant", "\(id)", "撤销数据接口授权"), by: principal, in: tx)
    }

    // MARK: Black list

    package func blocks(in reader: any Reader) throws -> [(id: Int64, address: String, reason: String, at: Moment, byName: String)] {
        try reader.rows("SELECT * FROM data_blocks ORDER BY id DESC LIMIT 1000").map {
            ($0.int("id") ?? 0, $0.text("address") ?? "", $0.text("reason") ?? "", $0.moment("at") ?? Moment(milliseconds: 0), $0.text("by_name") ?? "")
        }
    }

    /// - Parameter address: a whole address, or its beginning with a dot or colon at the end (`10.2.`).
    package func block(_ address: String, reason: String, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(DataServicePermission.manage, "数据服务黑名单")
        let isAddress = (2...45).contains(address.utf8.count) && address.utf8.allSatisfy { (48...58).contains($0) || (97...102).contains($0 | 0x20) || $0 == 46 }
        var findings: [FieldFinding] = []
        if !isAddress { findings.append(FieldFinding("address", "format", "应为 IP 地址，或以“.”结尾的地址段", title: "地址")) }
        if reason.isEmpty { findings.append(FieldFinding("reason", "required", "不能为空", title: "原因")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        try tx.execute(
            "INSERT INTO data_blocks (address, reason, at, by_name) VALUES (\(address), \(reason), \(clock.now), \(principal.name)) ON CONFLICT (address) DO UPDATE SET reason = excluded.reason"
        )
        try audit.record(AuditEntry("create", "dataBlock", address, "数据服务黑名单增加 \(address)：\(reason)"), by: principal, in: tx)
    }

    package func unblock(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(DataServicePermission.manage, "数据服务黑名单")
        guard let address = try tx.value("SELECT address FROM data_blocks WHERE id = \(id)")?.text else { throw Failure.notFound("该地址") }
        try tx.execute("DELETE FROM data_blocks WHERE id = \(id)")
        try audit.record(AuditEntry("delete", "dataBlock", address, "数据服务黑名单移除 \(address)"), by: principal, in: tx)
    }
}

/// Where an application for an interface is decided.
package struct WorkflowNumber: Sendable, Equatable {
    package var caseId: Int64
    package var number: String
}
