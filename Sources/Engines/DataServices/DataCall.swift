import Cryptography
import HTTPTypes
import Identity
import Kernel
import Ledgers
import Storage
import Synchronization
import Web

/// One call as it came.
package struct DataCall: Sendable {
    package var method: String
    package var service: String
    /// As sent, still percent-encoded, with its query.
    package var pathWithQuery: String
    package var parameters: [(name: String, value: String)]
    package var address: String
    package var authorization: String?
    /// `X-App-Key`, `X-Timestamp`, `X-Nonce`, `X-Signature`.
    package var headers: [String: String]
    package var body: [UInt8]

    package init(
        method: String, service: String, pathWithQuery: String, parameters: [(name: String, value: String)], address: String, authorization: String?, headers: [String: String],
        body: [UInt8]
    ) {
        self.method = method
        self.service = service
        self.pathWithQuery = pathWithQuery
        self.parameters = parameters
        self.address = address
        self.authorization = authorization
        self.headers = headers
        self.body = body
    }
}

/// Rows of one page, as they leave.
package struct DataAnswer: Sendable {
    package var rows: [JSONValue]
    package var next: String?

    package var json: JSONValue { ["data": .array(rows), "count": .int(Int64(rows.count)), "next": JSONValue(next)] }
}

extension DataServiceEngine {
    /// Two hours.
    package static let tokenSeconds: Int64 = 7200

    /// A token for an application that knows its secret: `id.expires.hmac`, bound to the secret, so that a new secret ends it.
    ///
    /// - Throws: `.unauthenticated` `JW-DS10`.
    package func token(key: String, secret: String, address: String) async throws -> String {
        let application = try await database.read { reader in try reader.first("SELECT * FROM data_applications WHERE app_key = \(key)").map(DataApplication.init) }
        guard let application, application.isOn, let own = try? self.secret(application), constantTimeEqual(own, secret) else {
            throw Failure(.unauthenticated, "JW-DS10", "AppKey 或 AppSecret 有误，或应用已停用")
        }
        try admit(application, from: address)
        let until = clock.now.adding(seconds: Self.tokenSeconds).milliseconds
        return "\(application.id).\(until).\(mark(application.id, until, own))"
    }

    /// Answers one call and logs it, whatever came of it.
    ///
    /// - Throws: `.unauthenticated` `JW-DS10`…`JW-DS12`; `.forbidden` `JW-DS13`…`JW-DS15`; `.tooMany` `JW-DS16`, `JW-DS17`; `.invalid` with every wrong parameter; `.notFound`.
    package func answer(_ call: DataCall) async throws -> DataAnswer {
        let started = clock.now
        var known: DataApplication?
        do {
            let (application, service, grant) = try await authorise(call, &known)
            let answer = try await rows(service, call.parameters, application)
            try await log(call, application, started, status: 200, code: nil, rows: answer.rows.count, grant: grant.id)
            return answer
        } catch let failure as Failure {
            try await log(call, known, started, status: Int(failure.kind.status.code), code: failure.code, rows: 0, grant: nil)
            throw failure
        }
    }

    /// What the test page shows: the same path but for key, quota and log, within the tester's own scope.
    package func test(_ service: DataService, _ parameters: [(name: String, value: String)], by principal: Principal) async throws -> DataAnswer {
        try principal.require(DataServicePermission.write, "测试数据接口")
        return try await rows(service, parameters, nil)
    }

    private func rows(_ service: DataService, _ parameters: [(name: String, value: String)], _ application: DataApplication?) async throws -> DataAnswer {
        let query = try query(service, parameters)
        let caller = caller(service, scope: service.scope, application: application)
        let ledgers = ledgers
        return try await database.read(within: .seconds(service.timeoutSeconds)) { reader in
            let page = try ledgers.list(query, by: caller, in: reader)
            let presenter = try ledgers.presenter(service.ledger, titles: page.titles, for: caller)
            let rows = page.records.map { record -> JSONValue in
                var object = JSONObject()
                for output in service.outputs {
                    guard let field = presenter.declaration.field(output.field), presenter.isVisible(field) else { continue }
                    object.members.append((field.name, Self.masked(field, output.mask, record, presenter)))
                    if case .code = field.kind, output.mask == .none { object.members.append((field.name + "Title", .string(presenter.text(field, record)))) }
                }
                return .object(object)
            }
            return DataAnswer(rows: rows, next: page.nextCursor)
        }
    }

    private static func masked(_ field: Field, _ mask: DataService.Mask, _ record: Record, _ presenter: Presenter) -> JSONValue {
        switch mask {
        case .none: return presenter.json(field, record)
        case .hidden: return .bool(!presenter.text(field, record).isEmpty)
        case .partial:
            let text = presenter.text(field, record)
            if presenter.isMasked(field) || text.count < 2 { return text.isEmpty ? .null : .string(presenter.isMasked(field) ? text : "*") }
            let kept = max(1, text.count / 3)
            return .string(text.prefix(kept) + String(repeating: "*", count: max(1, text.count - kept * 2)) + text.suffix(text.count > 2 ? kept : 0))
        }
    }

    /// Every wrong parameter at once; what is not declared is refused, not ignored.
    private func query(_ service: DataService, _ parameters: [(name: String, value: String)]) throws -> LedgerQuery {
        var query = base(service)
        var findings: [FieldFinding] = []
        let given = Dictionary(parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        for name in given.keys.sorted() where name != "limit" && name != "cursor" && !service.parameters.contains(where: { $0.name == name }) {
            findings.append(FieldFinding(name, "unknown", "没有这个参数"))
        }
        for parameter in service.parameters {
            guard let value = given[parameter.name].flatMap({ $0.isEmpty ? nil : $0 }) ?? parameter.fallback else {
                if parameter.isRequired { findings.append(FieldFinding(parameter.name, "required", "为必填")) }
                continue
            }
            let isList = parameter.comparison == .in || parameter.comparison == .between
            query.filters.append(
                LedgerQuery.Filter(parameter.field, parameter.comparison, isList ? value.split(separator: ",", omittingEmptySubsequences: false).map(String.init) : [value]))
        }
        if let limit = given["limit"] {
            if let count = Int(limit), (1...min(service.maximumRows, 200)).contains(count) {
                query.limit = count
            } else {
                findings.append(FieldFinding("limit", "range", "应为 1—\(min(service.maximumRows, 200))"))
            }
        }
        query.cursor = given["cursor"]
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return query
    }

    // MARK: Who

    private func authorise(_ call: DataCall, _ known: inout DataApplication?) async throws -> (DataApplication, DataService, DataGrant) {
        let (id, key) = (call.authorization.flatMap(Self.tokenParts)?.id, call.headers["x-app-key"])
        let now = clock.now
        let found = try await database.read { [self] reader in
            let application = try reader.first("SELECT * FROM data_applications WHERE \(id.map { "id = \($0)" as SQL } ?? "app_key = \(key ?? "")")").map(DataApplication.init)
            let service = try self.service(named: call.service, in: reader)
            let grant = try application.flatMap { application in
                try service.flatMap { service in
                    try reader.first("SELECT * FROM data_grants WHERE application_id = \(application.id) AND service_id = \(service.id) AND state = 'approved'").map(DataGrant.init)
                }
            }
            let used = try grant.flatMap { try reader.value("SELECT calls FROM data_usage WHERE grant_id = \($0.id) AND day = \(now.day.number)")?.int } ?? 0
            let isBlocked = try reader.rows("SELECT address FROM data_blocks LIMIT 5000").contains { row in Self.covers(row[0].text ?? "", call.address) }
            return (application: application, service: service, grant: grant, used: Int(used), isBlocked: isBlocked)
        }
        guard !found.isBlocked else { throw Failure(.forbidden, "JW-DS13", "来源地址在黑名单中") }
        guard let application = found.application, application.isOn else { throw Failure(.unauthenticated, "JW-DS10", "没有有效的令牌或签名，或应用已停用") }
        try prove(call, application)
        known = application
        try admit(application, from: call.address)
        guard let service = found.service, service.state == .online else { throw Failure.notFound("该接口") }
        guard let grant = found.grant, grant.validUntil.map({ now < $0 }) ?? true else { throw Failure(.forbidden, "JW-DS15", "应用未获此接口的授权，或授权已到期") }
        guard found.used < grant.dailyLimit else { throw Failure(.tooMany, "JW-DS16", "今日 \(grant.dailyLimit) 次已用完") }
        let minute = now.milliseconds / 60_000
        let calls = traffic.withLock { traffic -> Int in
            let before = traffic.minutes[grant.id].flatMap { $0.minute == minute ? $0.calls : nil } ?? 0
            if traffic.minutes.count > 10_000 { traffic.minutes = [:] }
            traffic.minutes[grant.id] = (minute, before + 1)
            return before + 1
        }
        guard calls <= grant.minuteLimit else { throw Failure(.tooMany, "JW-DS17", "每分钟 \(grant.minuteLimit) 次，请稍后再试") }
        return (application, service, grant)
    }

    /// Token or digest signature.
    private func prove(_ call: DataCall, _ application: DataApplication) throws {
        let secret = try secret(application)
        if let authorization = call.authorization {
            guard let token = Self.tokenParts(authorization), token.id == application.id, constantTimeEqual(token.mark, mark(token.id, token.until, secret)),
                clock.now < Moment(milliseconds: token.until)
            else { throw Failure(.unauthenticated, "JW-DS11", "令牌无效或已过期") }
            return
        }
        let now = clock.now.milliseconds
        guard let time = call.headers["x-timestamp"].flatMap({ Int64($0) }), (now - 300_000...now + 300_000).contains(time) else {
            throw Failure(.unauthenticated, "JW-DS12", "X-Timestamp 应为当前毫秒时间，相差不超过五分钟")
        }
        guard let nonce = call.headers["x-nonce"], (8...64).contains(nonce.utf8.count), let signature = call.headers["x-signature"]?.lowercased() else {
            throw Failure(.unauthenticated, "JW-DS12", "缺少 X-Nonce 或 X-Signature")
        }
        let canonical = [call.method, call.pathWithQuery, String(time), nonce, SHA256.hash(call.body).hex].joined(separator: "\n")
        let expected = HMAC.tag(.sha256, key: Array(secret.utf8), over: Array(canonical.utf8)).hex
        guard constantTimeEqual(expected, signature) else { throw Failure(.unauthenticated, "JW-DS12", "签名不符") }
        let isNew = traffic.withLock { traffic -> Bool in
            let now = clock.now
            if traffic.nonces.count > 20_000 { traffic.nonces = traffic.nonces.filter { now < $0.value } }
            let key = "\(application.id)/\(nonce)"
            guard traffic.nonces[key].map({ $0 <= now }) ?? true else { return false }
            traffic.nonces[key] = now.adding(seconds: 600)
            return true
        }
        guard isNew else { throw Failure(.unauthenticated, "JW-DS12", "X-Nonce 已经用过") }
    }

    private func admit(_ application: DataApplication, from address: String) throws {
        guard application.addresses.isEmpty || application.addresses.contains(where: { Self.covers($0, address) }) else {
            throw Failure(.forbidden, "JW-DS14", "来源地址不在应用登记的范围内")
        }
    }

    private static func covers(_ pattern: String, _ address: String) -> Bool {
        pattern.hasSuffix(".") || pattern.hasSuffix(":") ? address.hasPrefix(pattern) : address == pattern
    }

    private func secret(_ application: DataApplication) throws -> String { String(decoding: try keys.open(application.sealedSecret), as: UTF8.self) }

    private func mark(_ id: Int64, _ until: Int64, _ secret: String) -> String { tokens.tag("\(id) \(until) \(secret)").hex }

    private static func tokenParts(_ authorization: String) -> (id: Int64, until: Int64, mark: String)? {
        let words = authorization.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        let parts = words[1].split(separator: ".")
        guard parts.count == 3, let id = Int64(parts[0]), let until = Int64(parts[1]) else { return nil }
        return (id, until, String(parts[2]))
    }

    // MARK: Log

    private func log(_ call: DataCall, _ application: DataApplication?, _ started: Moment, status: Int, code: String?, rows: Int, grant: Int64?) async throws {
        let now = clock.now
        let query = String(call.parameters.map { "\($0.name)=\($0.value)" }.joined(separator: "&").prefix(500))
        try await database.write { tx in
            _ = try tx.execute(
                """
                INSERT INTO data_calls (at, service, app_key, application, address, status, code, rows, milliseconds, query, org, area)
                VALUES (\(started), \(String(call.service.prefix(48))), \(application?.key), \(application?.name), \(call.address), \(status), \(code), \(rows),
                \(now.milliseconds - started.milliseconds), \(query), \(application?.org), \(application?.area))
                """)
            guard let grant else { return }
            try tx.execute(
                """
                INSERT INTO data_usage (grant_id, day, calls, rows) VALUES (\(grant), \(now.day.number), 1, \(rows))
                ON CONFLICT (grant_id, day) DO UPDATE SET calls = data_usage.calls + 1, rows = data_usage.rows + excluded.rows
                """)
        }
    }

    /// Takes calls away that are older than half a year; for a daily job.
    package func forget() async throws -> Int {
        let before = clock.today.adding(days: -183).start
        return try await database.write { try $0.execute("DELETE FROM data_calls WHERE at < \(before)") }
    }
}
