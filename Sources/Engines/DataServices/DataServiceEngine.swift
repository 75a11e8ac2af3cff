import Cryptography
import Identity
import Kernel
import Ledgers
import Storage
import Synchronization
import Workflows

/// 数据服务 (B5.5): queries of ledgers as interfaces for other systems. What an interface shows is asked of the ledger with its publisher's scope and no permission but to read; who may call it is
/// decided by a workflow; every call is counted and logged.
package final class DataServiceEngine: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let workflows: WorkflowEngine
    let audit: AuditTrail
    let keys: KeyRing
    let clock: Clock
    let tokens: MACKey
    /// Which flow an application takes by the interface's level; nil takes the usual one.
    let levels: DataLevelBook?
    let traffic = Mutex(Traffic())

    /// What this node remembers of the last minutes.
    struct Traffic {
        /// Signatures' nonces until they are too old to be believed.
        var nonces: [String: Moment] = [:]
        /// Calls of a grant in the running minute.
        var minutes: [Int64: (minute: Int64, calls: Int)] = [:]
    }

    package init(database: any Database, ledgers: LedgerEngine, workflows: WorkflowEngine, audit: AuditTrail, keys: KeyRing, clock: Clock, levels: DataLevelBook? = nil) {
        self.levels = levels
        self.database = database
        self.ledgers = ledgers
        self.workflows = workflows
        self.audit = audit
        self.keys = keys
        self.clock = clock
        tokens = keys.mac(purpose: "data service token")
    }

    // MARK: Interfaces

    package func services(in reader: any Reader) throws -> [DataService] { try reader.rows("SELECT * FROM data_services ORDER BY category, id LIMIT 2000").map(DataService.init) }

    package func service(_ id: Int64, in reader: any Reader) throws -> DataService {
        guard let row = try reader.first("SELECT * FROM data_services WHERE id = \(id)") else { throw Failure.notFound("该接口") }
        return try DataService(row)
    }

    package func service(named name: String, in reader: any Reader) throws -> DataService? {
        try reader.first("SELECT * FROM data_services WHERE name = \(name)").map(DataService.init)
    }

    /// Writes a new interface (id 0) or a new version of one. What it may show is what its writer may see.
    ///
    /// - Throws: `.forbidden`; `.invalid` with every finding; `.conflict` `JW-DS02` for one that is retired.
    package func keep(_ service: DataService, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        try principal.require(DataServicePermission.write, "编写数据接口")
        let findings = try findings(service, by: principal, in: tx)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now
        let id: Int64
        if service.id == 0 {
            id = try tx.insert(
                """
                INSERT INTO data_services (name, title, category, details, level, ledger, body, state, scope, org, area, version, updated_at, updated_by, updated_by_name)
                VALUES (\(service.name), \(service.title), \(service.category), \(service.details), \(service.level.rawValue), \(service.ledger), \(service.body.text), 'draft',
                \(principal.scope.word), \(principal.organisation), \(principal.area), 1, \(now), \(principal.id), \(principal.name))
                """)
        } else {
            id = service.id
            guard try self.service(id, in: tx).state != .retired else { throw Failure(.conflict, "JW-DS02", "接口已注销，不能修改") }
            try tx.execute(
                """
                UPDATE data_services SET title = \(service.title), category = \(service.category), details = \(service.details), level = \(service.level.rawValue),
                body = \(service.body.text), scope = \(principal.scope.word), org = \(principal.organisation), area = \(principal.area), version = version + 1, updated_at = \(now),
                updated_by = \(principal.id), updated_by_name = \(principal.name) WHERE id = \(id)
                """)
        }
        try audit.record(
            AuditEntry(service.id == 0 ? "create" : "update", "dataService", "\(id)", "编写数据接口“\(service.title)”", details: service.body), by: principal, in: tx)
        return id
    }

    /// 上线、下线、注销. A retired interface never comes back.
    package func set(_ state: DataService.State, of id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(DataServicePermission.write, "数据接口上下线")
        let service = try service(id, in: tx)
        guard service.state != .retired, state != .draft else { throw Failure(.conflict, "JW-DS02", "接口\(service.state.title)，不能再\(state.title)") }
        try tx.execute("UPDATE data_services SET state = \(state.rawValue), updated_at = \(clock.now) WHERE id = \(id)")
        if state == .retired { try tx.execute("UPDATE data_grants SET state = 'revoked', decided_at = \(clock.now), decided_by = \(principal.name) WHERE service_id = \(id)") }
        try audit.record(AuditEntry("update", "dataService", "\(id)", "数据接口“\(service.title)”\(state.title)"), by: principal, in: tx)
    }

    private func findings(_ service: DataService, by principal: Principal, in tx: any Transaction) throws -> [FieldFinding] {
        var findings: [FieldFinding] = []
        func wrong(_ field: String, _ text: String, _ title: String) { findings.append(FieldFinding(field, "invalid", text, title: title)) }
        let isName = service.name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 } && (3...48).contains(service.name.utf8.count)
        if !isName { wrong("name", "应为 3—48 位小写字母、数字和连字符", "接口名称") }
        if isName, let other = try self.service(named: service.name, in: tx), other.id != service.id { wrong("name", "已被使用", "接口名称") }
        if !(1...60).contains(service.title.count) { wrong("title", "应为 1—60 个字", "标题") }
        if !(1...30).contains(service.category.count) { wrong("category", "应为 1—30 个字", "目录") }
        if !(1...1000).contains(service.maximumRows) { wrong("maximumRows", "应为 1—1000", "每页最大条数") }
        if !(1...30).contains(service.timeoutSeconds) { wrong("timeoutSeconds", "应为 1—30 秒", "超时") }
        guard let ledger = ledgers.declaration(service.ledger), principal.may(ledger.readPermission) else {
            wrong("ledger", "没有这个台账，或您无权查看", "数据来源")
            return findings
        }
        let visible = Dictionary(ledger.visibleFields(for: principal).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        if service.outputs.isEmpty { wrong("outputs", "至少选择一列", "返回列") }
        for output in service.outputs {
            guard let field = visible[output.field] else {
                wrong("outputs", "没有字段“\(output.field)”", "返回列")
                continue
            }
            if field.marks.contains(.personal), output.mask == .none, !principal.may(ledger.revealPermission) { wrong("outputs", "“\(field.title)”是个人信息，您无权原样开放", "返回列") }
        }
        if Set(service.parameters.map(\.name)).count < service.parameters.count { wrong("parameters", "参数名重复", "请求参数") }
        for parameter in service.parameters {
            if !isParameter(parameter.name) { wrong("parameters", "参数名“\(parameter.name)”应为字母开头的字母、数字、下划线，且不是 limit、cursor", "请求参数") }
            if visible[parameter.field] == nil, !["id", "createdAt", "updatedAt", "area"].contains(parameter.field) { wrong("parameters", "没有字段“\(parameter.field)”", "请求参数") }
        }
        // The ledger itself says what it cannot answer.
        if findings.isEmpty {
            do {
                var query = base(service)
                for parameter in service.parameters where ![.isEmpty, .notEmpty].contains(parameter.comparison) && parameter.comparison == .contains {
                    query.filters.append(LedgerQuery.Filter(parameter.field, parameter.comparison, [parameter.fallback ?? "1"]))
                }
                _ = try ledgers.listStatement(query, by: caller(service, scope: principal.scope), tx.dialect)
            } catch let failure as Failure where failure.kind == .invalid {
                findings += failure.fields.map { FieldFinding("fixed", $0.code, "\($0.title)\($0.message)", title: "固定条件与参数") }
            }
        }
        return findings
    }

    private func isParameter(_ name: String) -> Bool {
        guard let first = name.utf8.first, (65...90).contains(first & 0xDF), name.utf8.count <= 40, name != "limit", name != "cursor" else { return false }
        return name.utf8.allSatisfy { (65...90).contains($0) || (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }

    /// The query without what a caller says.
    func base(_ service: DataService) -> LedgerQuery {
        var query = LedgerQuery(ledger: service.ledger, parsing: service.fixed + (service.sort.isEmpty ? "" : "&sort=\(service.sort)"))
        query.cursor = nil
        query.includeDeleted = false
        query.wantsTotal = false
        query.limit = min(service.maximumRows, 200)
        return query
    }

    /// As whom the ledger is asked: it may read that one ledger within the publisher's scope, and nothing else; personal fields in full only where a column says so.
    func caller(_ service: DataService, scope: DataScope, application: DataApplication? = nil) -> Principal {
        var permissions: Set<String> = ["\(service.ledger).read"]
        let ledger = ledgers.declaration(service.ledger)
        let personal = Set(ledger?.fields.filter { $0.marks.contains(.personal) }.map(\.name) ?? [])
        let restricted = Set(ledger?.fields.filter { $0.marks.contains(.restricted) }.map(\.name) ?? [])
        if service.outputs.contains(where: { personal.contains($0.field) && $0.mask == .none }) { permissions.insert("\(service.ledger).reveal") }
        if service.outputs.contains(where: { restricted.contains($0.field) }) { permissions.insert("\(service.ledger).restricted") }
        return Principal(
            kind: .client, id: application?.id ?? 0, login: application?.key ?? "test", name: application?.name ?? "接口测试", organisation: application?.org,
            organisationName: "", area: nil, permissions: permissions, scope: scope)
    }
}
