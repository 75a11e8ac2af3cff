import Alarms
import Cryptography
import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Web

/// D16.3.7, D17.7.4 密码服务监控: who called what how often, what failed, limits of callers, and whether the algorithms still give the answers of the standards.
struct CryptoMonitor: Sendable {
    let platform: Platform
    static let path = "/security/crypto"

    static let kinds: [AlarmKind] = [
        AlarmKind("cryptoFailure", "密码服务异常", "Cryptographic service", grade: .heavier, mergeWindow: 3600),
        AlarmKind("keyRotationDue", "密钥到期应更换", "Key rotation due", mergeWindow: 86_400),
    ]
    /// Failures of one caller in an hour that somebody should look at.
    private static let failureLimit = 20

    func add(to routes: Routes) {
        let reads = RoutePermission.named(SecurityPermission.cryptoRead)
        routes.get(Self.path, permission: reads, use: show)
        routes.get(Self.path + "/errors/export", permission: reads, use: export)
        routes.post(Self.path + "/quotas", permission: .named(SecurityPermission.cryptoConfigure), use: setQuota)
    }

    // MARK: Watch

    static func jobs(on platform: Platform) -> [JobDeclaration] {
        let monitor = CryptoMonitor(platform: platform)
        return [
            JobDeclaration("cryptoWatch", "密码服务监测", every: 300) { context in context.note("\(try await monitor.watch()) 项异常") },
            JobDeclaration("keyRotation", "密钥更换提醒与记录清理", dailyAt: 435) { _ in try await monitor.remind() },
        ]
    }

    /// - Returns: the number of alarms raised.
    func watch() async throws -> Int {
        let faults = Self.selfTest(), now = platform.clock.now
        return try await platform.database.write { tx in
            var count = 0
            for fault in faults {
                try raise("cryptoFailure", subject: fault, "密码算法自检不通过：\(fault)", in: tx)
                count += 1
            }
            let rows = try tx.rows(
                "SELECT caller, caller_name, count(*) AS failures FROM crypto_errors WHERE at > \(now.adding(seconds: -3600)) GROUP BY caller, caller_name HAVING count(*) >= \(Self.failureLimit) LIMIT 100"
            )
            for row in rows {
                try raise("cryptoFailure", subject: row.text("caller") ?? "", "“\(row.text("caller_name") ?? "")”一小时内调用密码服务失败 \(row.int("failures") ?? 0) 次", in: tx)
                count += 1
            }
            return count
        }
    }

    func remind() async throws {
        let today = platform.clock.today
        try await platform.database.write { tx in
            for row in try tx.rows("SELECT name, title, rotate_by FROM security_keys WHERE state = 'active' AND rotate_by <= \(today.adding(days: 14)) ORDER BY id LIMIT 500") {
                let due = row.day("rotate_by")?.text ?? ""
                try raise("keyRotationDue", subject: row.text("name") ?? "", "密钥“\(row.text("title") ?? "")”应于 \(due) 前更换", in: tx)
            }
            try tx.execute("DELETE FROM crypto_errors WHERE at < \(today.adding(days: -186).start)")
        }
    }

    private func raise(_ kind: String, subject: String, _ title: String, in tx: any Transaction) throws {
        let signal = AlarmSignal(
            kind: kind, org: nil, area: nil, subject: subject, occurredAt: platform.clock.now, title: title, facts: ["subject": .string(subject)],
            reasons: [AlarmReason(kind, title)])
        _ = try platform.alarms.raise(signal, by: .system("密码服务监测"), in: tx)
    }

    /// Algorithms whose answers differ from the standards' examples (GB/T 32905, GB/T 32907) or that do not undo themselves; empty when all is well.
    static func selfTest() -> [String] {
        var faults: [String] = []
        if SM3.hash(Array("abc".utf8)).hex != "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" { faults.append("SM3") }
        let key = Hex.decode("0123456789abcdeffedcba9876543210") ?? [], zero = [UInt8](repeating: 0, count: 16)
        // One block of CBC under a vector of zeros is the block cipher itself.
        if (try? SM4.encrypt(key, mode: .cbc, key: key, iv: zero)).map({ Hex.encode(Array($0.prefix(16))) }) != "681edf34d206965e86b3e94f536e4246" { faults.append("SM4") }
        do {
            let pair = try SM2PrivateKey.generate(), text = Array("self test".utf8)
            if !(try SM2PublicKey(pem: pair.publicPEM()).verify(signature: pair.sign(text), over: text)) { faults.append("SM2 签名") }
            if try ServiceKey(pem: pair.pem()).decrypt(SM2Cipher.encrypt(text, for: pair.publicPEM())) != text { faults.append("SM2 加密") }
        } catch { faults.append("SM2") }
        return faults
    }

    // MARK: Page

    @Sendable func show(request: Request, context: WebContext) async throws -> Response { try await page([:], [], context) }

    private func page(_ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let today = platform.clock.today, address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 20, 1), 100)
        let before = address["before"].flatMap { Int64($0) }, caller = address["caller"]
        let (days, callers, errors) = try await platform.database.read { reader in
            (
                try reader.rows(
                    "SELECT day, operation, sum(calls) AS calls, sum(failures) AS failures FROM crypto_usage WHERE day >= \(today.adding(days: -13)) GROUP BY day, operation"),
                try reader.rows(
                    """
                    SELECT u.caller, max(u.caller_name) AS name, sum(u.calls) AS calls, sum(u.failures) AS failures, sum(u.bytes) AS bytes, max(q.daily_calls) AS quota
                    FROM crypto_usage u LEFT JOIN crypto_quotas q ON q.caller = u.caller WHERE u.day = \(today) GROUP BY u.caller ORDER BY calls DESC, u.caller LIMIT 200
                    """), try Self.errors(caller: caller, before: before, limit: size + 1, reader)
            )
        }
        let faults = Self.selfTest()
        let ofToday = days.filter { $0.day("day") == today }
        let calls = ofToday.reduce(0) { $0 + ($1.int("calls") ?? 0) }, failures = ofToday.reduce(0) { $0 + ($1.int("failures") ?? 0) }
        let cards: [Markup] = [
            "\(StatCard("今日调用", Figure.grouped(Int(calls)), unit: "次", icon: "chart"))",
            "\(StatCard("今日失败", Figure.grouped(Int(failures)), unit: "次", tone: failures > 0 ? .yellow : .good, icon: "alert"))",
            "\(StatCard("算法自检", faults.isEmpty ? "正常" : "异常", note: faults.isEmpty ? "SM2、SM3、SM4 与标准一致" : "\(faults.joined(separator: "、"))", tone: faults.isEmpty ? .good : .red, icon: "shield"))",
            "\(StatCard("平台密钥环", "第 \(platform.keys.currentVersion) 版", note: "台账与密钥本身的加密密钥，由 jianwei admin keys rotate 更换", icon: "key"))",
        ]
        let span = (0..<14).map { today.adding(days: $0 - 13) }
        let series = CryptoOperation.allCases.compactMap { operation -> ChartSeries? in
            let values = span.map { day in Double(days.first { $0.day("day") == day && $0.text("operation") == operation.rawValue }?.int("calls") ?? 0) }
            return values.contains { $0 > 0 } ? ChartSeries(operation.title, values.map { $0 }) : nil
        }
        let chart = Chart(.stackedBar, "近十四日调用量", categories: span.map(\.text), series: series, unit: "次", height: .medium)
        let callerRows = callers.map { row -> TableRow in
            let quota = row.int("quota") ?? Int64(CryptoDesk.usualQuota)
            return TableRow(
                id: row.text("caller") ?? "",
                [
                    "\(row.text("name") ?? "")", "\((row.text("caller") ?? "").hasPrefix("client") ? "应用" : "人员")", "\(Int(row.int("calls") ?? 0))",
                    "\(Int(row.int("failures") ?? 0))",
                    "\(Figure.size(Int(row.int("bytes") ?? 0)))", "\(Int(quota))",
                ])
        }
        let callerTable = DataTable(
            id: "callers",
            columns: [
                Column("name", "调用方"), Column("kind", "类别"), Column("calls", "今日调用", align: .end), Column("failures", "失败", align: .end), Column("bytes", "数据量", align: .end),
                Column("quota", "日限额", align: .end),
            ],
            rows: callerRows, address: address, empty: "今日还没有调用：应用在“应用接入”中申请范围 cryptoService.use，获批后即可调用", hasTools: false)
        let choices = callers.map { Choice($0.text("caller") ?? "", $0.text("name") ?? "") }
        let search = SearchForm(action: Self.path, fields: [FormField("caller", "调用方", .select(choices), value: caller)], table: "errors")
        let errorTable = DataTable(
            id: "errors",
            columns: [
                Column("at", "时间"), Column("caller", "调用方"), Column("operation", "操作"), Column("code", "编号"), Column("message", "原因", isWrapping: true), Column("address", "来源地址"),
            ],
            rows: errors.prefix(size).map { row in
                TableRow([
                    "\(row.moment("at"))", "\(row.text("caller_name") ?? "")", "\(CryptoOperation(rawValue: row.text("operation") ?? "")?.title ?? "")",
                    "\(row.text("code") ?? "")", "\(row.text("message") ?? "")",
                    "\(row.text("address") ?? "")",
                ])
            }, address: address,
            pager: Pager(
                first: before == nil ? nil : address.restarting.text, next: errors.count > size ? address.with("before", "\(errors[size - 1].int("id") ?? 0)").text : nil,
                size: size, sizes: [20, 50, 100]),
            empty: "没有失败的调用")
        let quota: Markup =
            !context.may(SecurityPermission.cryptoConfigure) || callers.isEmpty
            ? .empty
            : "\(Card("调用限额", body: "\(Form(action: Self.path + "/quotas", sections: [FormSection(nil, [FormField("caller", "调用方", .select(choices), value: entered["caller"], isRequired: true), FormField("dailyCalls", "日限额", .number(step: "1"), value: entered["dailyCalls"] ?? "\(CryptoDesk.usualQuota)", isRequired: true, help: "0 为停止调用", unit: "次", minimum: "0", maximum: "100000000")])], submit: "保存限额", findings: findings, context: context))"))"
        let export = SheetAnswer.buttons(address.restarting, path: Self.path + "/errors/export")
        return Shell.page(
            "密码服务监控", crumbs: [Crumb(SecurityMenu.group), Crumb("密码服务监控")], active: Self.path, actions: export, status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Grid(.quarters, cards))\(Card("业务量", body: "\(chart)"))\(Card("调用方", isFlush: true, body: "\(callerTable)"))\(quota)\(search)\(errorTable)", context: context)
    }

    private static func errors(caller: String?, before: Int64?, limit: Int, _ reader: any Reader) throws -> [Row] {
        var conditions: [SQL] = []
        if let caller { conditions.append("caller = \(caller)") }
        if let before { conditions.append("id < \(before)") }
        return try reader.rows("SELECT * FROM crypto_errors WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT \(limit)")
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), caller = context.here["caller"]
        let rows = try await platform.database.write { tx in
            try platform.audit.record(AuditEntry("export", "cryptoService", "", "导出密码服务失败记录"), by: principal, in: tx)
            return try Self.errors(caller: caller, before: nil, limit: 10_000, tx)
        }
        let columns = [SheetColumn("时间", width: 20), SheetColumn("调用方", width: 24), SheetColumn("操作"), SheetColumn("编号"), SheetColumn("原因", width: 60), SheetColumn("来源地址")]
        let lines = rows.map { row -> [Cell] in
            [
                row.moment("at").map(Cell.moment) ?? .empty, .text(row.text("caller_name") ?? ""), .text(CryptoOperation(rawValue: row.text("operation") ?? "")?.title ?? ""),
                .text(row.text("code") ?? ""), .text(row.text("message") ?? ""), .text(row.text("address") ?? ""),
            ]
        }
        return try await SheetAnswer(name: "密码服务失败记录-\(platform.clock.today.text)", columns: columns, rows: lines).response(context, on: platform.database)
    }

    @Sendable func setQuota(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let caller = input["caller"] ?? "", limit = input["dailyCalls"].flatMap { Int64($0) }
        guard let limit, (0...100_000_000).contains(limit) else {
            return try await page(
                ["caller": caller, "dailyCalls": input["dailyCalls"] ?? ""], [FieldFinding("dailyCalls", "range", "填写 0 至 100000000 的整数", title: "日限额")], context)
        }
        let isKnown = try await platform.database.write { tx -> Bool in
            guard let name = try tx.value("SELECT max(caller_name) FROM crypto_usage WHERE caller = \(caller)")?.text else { return false }
            try tx.execute(
                """
                INSERT INTO crypto_quotas (caller, caller_name, daily_calls, updated_at, by_name) VALUES (\(caller), \(name), \(limit), \(platform.clock.now), \(principal.name))
                ON CONFLICT (caller) DO UPDATE SET daily_calls = excluded.daily_calls, updated_at = excluded.updated_at, by_name = excluded.by_name
                """)
            try platform.audit.record(AuditEntry("update", "cryptoService", caller, "“\(name)”的密码服务日限额设为 \(limit) 次"), by: principal, in: tx)
            return true
        }
        guard isKnown else { return try await page(["caller": caller], [FieldFinding("caller", "unknown", "没有这个调用方", title: "调用方")], context) }
        return Shell.done("已保存限额", to: Self.path, context: context)
    }
}
