import Cryptography
import Features
import Identity
import Kernel
import Ledgers
import Schedules
import Storage

/// D17.5.4 密码误用自检: what of the platform's own use of cryptography is missing, weakened, fixed, weak, over or plain. What is found goes into 密评自评 as a gap, what is mended is ticked off there.
package struct MisuseCheck: Sendable {
    /// What the standard asks about.
    package enum Item: String, Sendable, CaseIterable {
        case unused, simplified, fixedRandom, weakAlgorithm, expired, plain

        package var title: String {
            switch self {
            case .unused: "应用未使用密码保护"
            case .simplified: "鉴别与授权协议被简化"
            case .fixedRandom: "随机数或初始向量为固定值"
            case .weakAlgorithm: "使用弱算法或过期密钥"
            case .expired: "使用过期证书或列表"
            case .plain: "口令、密钥以明文保存或传输"
            }
        }

        var layer: String { self == .unused ? "网络和通信" : "应用和数据" }

        var improvement: String {
            switch self {
            case .unused: "以 --tls-certificate 启用 TLS，或由前置代理终止 TLS 并以 --secure 声明"
            case .simplified: "要求双因素登录，停用用户名密码授权方式"
            case .fixedRandom: "检查密码库与随机源"
            case .weakAlgorithm: "更换密钥与证书，口令在下次登录时自动升级"
            case .expired: "更换证书，更新吊销列表"
            case .plain: "改用密文保存，外联地址改用 https"
            }
        }
    }

    package struct Finding: Sendable, Equatable {
        package var item: Item
        /// Each fault in a sentence; empty where all is well.
        package var faults: [String]
    }

    private let platform: Platform
    static let application = "见微平台"

    package init(platform: Platform) { self.platform = platform }

    var job: JobDeclaration {
        JobDeclaration("misuseCheck", "密码误用自检", dailyAt: 325) { context in
            let found = try await run(isSecure: nil, by: .system("密码误用自检"))
            context.note("\(found.filter { !$0.faults.isEmpty }.count) 类问题")
        }
    }

    /// - Parameter isSecure: whether visitors come over TLS, where the asker knows; nil leaves that item as it was.
    package func run(isSecure: Bool?, by principal: Principal) async throws -> [Finding] {
        var found = try await platform.database.read(within: .seconds(30)) { reader in
            [
                Finding(item: .simplified, faults: try simplified(reader)), Finding(item: .weakAlgorithm, faults: try weak(reader)),
                Finding(item: .expired, faults: try expired(reader)),
                Finding(item: .plain, faults: try plain(reader)),
            ]
        }
        found.append(Finding(item: .fixedRandom, faults: try Self.fixedRandom(platform.keys)))
        if let isSecure { found.append(Finding(item: .unused, faults: isSecure ? [] : ["访问者与平台之间没有 TLS，口令与数据以明文传输"])) }
        let all = found.sorted { (Item.allCases.firstIndex(of: $0.item) ?? 0) < (Item.allCases.firstIndex(of: $1.item) ?? 0) }
        try await platform.database.write { tx in
            for one in all { try enter(one, by: principal, in: tx) }
            let count = all.filter { !$0.faults.isEmpty }.count
            try platform.audit.record(AuditEntry("check", "cryptoService", "misuse", "密码误用自检：\(count == 0 ? "没有发现问题" : "\(count) 类问题")"), by: principal, in: tx)
        }
        return all
    }

    // MARK: What is asked

    private func simplified(_ reader: any Reader) throws -> [String] {
        var faults: [String] = []
        if platform.identity.policies.current.secondFactor == .optional { faults.append("未要求双因素登录") }
        let names = try reader.rows("SELECT name FROM oauth_clients WHERE state = 'approved' AND grants LIKE '%password%' ORDER BY id LIMIT 20").compactMap { $0[0].text }
        if !names.isEmpty { faults.append("应用“\(names.joined(separator: "、"))”以用户名密码方式取得令牌") }
        return faults
    }

    private func weak(_ reader: any Reader) throws -> [String] {
        let today = platform.clock.today
        var faults: [String] = []
        let short = try reader.rows(
            "SELECT title, algorithm FROM \(ident: CertificateLedger.ledger.tableName) WHERE deleted_at IS NULL AND state = 'valid' AND algorithm IN ('RSA1024', 'RSA512', 'DSA') ORDER BY id LIMIT 20"
        )
        for row in short { faults.append("证书“\(row.text("title") ?? "")”使用 \(row.text("algorithm") ?? "")") }
        let late = try reader.rows("SELECT title FROM security_keys WHERE state = 'active' AND rotate_by < \(today) ORDER BY id LIMIT 20").compactMap { $0[0].text }
        if !late.isEmpty { faults.append("密钥“\(late.joined(separator: "、"))”已过更换期限") }
        // PHC texts say what made them: all of one kind and cost begin alike.
        let kinds = try reader.rows(
            "SELECT substr(password_hash, 1, 8) AS kind, count(*) AS n FROM users WHERE state = 'active' AND password_hash <> '' GROUP BY substr(password_hash, 1, 8)")
        for row in kinds {
            guard let kind = row.text("kind"), !kind.hasPrefix("$") else { continue }
            faults.append("\(row.int("n") ?? 0) 个账号的口令不是以加盐慢散列保存")
        }
        let faultsOfSelf = CryptoMonitor.selfTest()
        if !faultsOfSelf.isEmpty { faults.append("算法自检不通过：\(faultsOfSelf.joined(separator: "、"))") }
        return faults
    }

    private func expired(_ reader: any Reader) throws -> [String] {
        let now = platform.clock.now, today = platform.clock.today
        var faults: [String] = []
        let gone = try reader.rows(
            "SELECT title FROM \(ident: CertificateLedger.ledger.tableName) WHERE deleted_at IS NULL AND state = 'valid' AND valid_to < \(today) ORDER BY id LIMIT 20"
        )
        .compactMap { $0[0].text }
        if !gone.isEmpty { faults.append("证书“\(gone.joined(separator: "、"))”已过期仍在使用") }
        let people = try reader.count("SELECT count(*) FROM user_certificates WHERE revoked_at IS NULL AND not_after < \(now)")
        if people > 0 { faults.append("\(people) 张登录证书已过期而未撤销") }
        let lists = try reader.rows("SELECT issuer FROM revocation_lists WHERE next_at < \(now) ORDER BY id LIMIT 20").compactMap { $0[0].text }
        if !lists.isEmpty { faults.append("“\(lists.joined(separator: "、"))”的吊销列表已过期") }
        return faults
    }

    private func plain(_ reader: any Reader) throws -> [String] {
        var faults: [String] = []
        let words = ["password", "secret", "token", "口令", "密码", "密钥"]
        let items = try reader.rows("SELECT name, title FROM configuration_items WHERE value <> '' ORDER BY id LIMIT 5000").filter { row in
            let text = ((row.text("name") ?? "") + (row.text("title") ?? "")).lowercased()
            return words.contains { text.contains($0) }
        }
        if !items.isEmpty { faults.append("配置项“\(items.prefix(10).compactMap { $0.text("title") }.joined(separator: "、"))”疑似以明文保存口令或密钥") }
        let open = try reader.rows("SELECT title FROM identity_providers WHERE is_on = 1 AND issuer LIKE 'http://%' ORDER BY id LIMIT 20").compactMap { $0[0].text }
        if !open.isEmpty { faults.append("外部登录服务“\(open.joined(separator: "、"))”以 http 明文连接") }
        let clients = try reader.rows(
            "SELECT name FROM oauth_clients WHERE state = 'approved' AND (redirects LIKE '%http://%' OR backchannel_uri LIKE 'http://%') ORDER BY id LIMIT 20"
        )
        .compactMap { $0[0].text }
        if !clients.isEmpty { faults.append("应用“\(clients.joined(separator: "、"))”的回调或通知地址为 http") }
        return faults
    }

    /// The same text sealed twice must differ, and the source's bits must look like coins (GM/T 0005 单比特频数检测, 20,000 bits at one in a million).
    static func fixedRandom(_ keys: KeyRing) throws -> [String] {
        var faults: [String] = []
        if try keys.seal("见微") == keys.seal("见微") { faults.append("同一内容两次加密结果相同，初始向量是固定值") }
        let first = SecureRandom.bytes(2_500), second = SecureRandom.bytes(2_500)
        if first == second { faults.append("随机源两次输出相同") }
        let ones = first.reduce(0) { $0 + $1.nonzeroBitCount }
        if abs(ones - 10_000) > 350 { faults.append("随机源未通过单比特频数检测（\(ones)/20000）") }
        return faults
    }

    // MARK: The gap

    private func enter(_ finding: Finding, by principal: Principal, in tx: any Transaction) throws {
        let ledger = CryptoAssessment.ledger.name, today = platform.clock.today
        let year = today.number / 10_000, unit = "自检：\(finding.item.title)"
        let known = try tx.first(
            """
            SELECT id, score, improved_on FROM \(ident: CryptoAssessment.ledger.tableName) WHERE deleted_at IS NULL AND year = \(year) AND application = \(Self.application)
            AND layer = \(finding.item.layer) AND unit = \(unit)
            """)
        let isGood = finding.faults.isEmpty
        guard let id = known?.int("id") else {
            guard !isGood else { return }
            _ = try platform.ledgers.create(
                ledger,
                Draft([
                    "year": .int(Int64(year)), "application": .string(Self.application), "layer": .string(finding.item.layer), "unit": .string(unit), "weight": 1, "score": 0,
                    "gap": .string(finding.faults.joined(separator: "；")), "improvement": .string(finding.item.improvement), "improveBy": .string(today.adding(days: 30).text),
                ]), by: .system("密码误用自检"), in: tx)
            return
        }
        let values: [String: JSONValue] =
            isGood
            ? ["score": 1, "improvedOn": .string(today.text)]
            : ["score": 0, "gap": .string(finding.faults.joined(separator: "；")), "improvement": .string(finding.item.improvement), "improvedOn": .null]
        // Mended before: nothing to say again.
        if isGood, known?.day("improved_on") != nil { return }
        _ = try platform.ledgers.update(ledger, id: id, Draft(values), by: .system("密码误用自检"), in: tx)
    }
}
