import Cryptography
import Features
import Identity
import Kernel
import Storage

/// What the services can be asked for.
package enum CryptoOperation: String, Sendable, CaseIterable {
    case sign, verify, digest, mac, macVerify, encrypt, decrypt, seal, open, stamp, stampVerify, parse, random, fileSeal, fileOpen

    package var title: String {
        switch self {
        case .sign: "签名"
        case .verify: "验签"
        case .digest: "摘要"
        case .mac: "完整性码"
        case .macVerify: "完整性校验"
        case .encrypt: "加密"
        case .decrypt: "解密"
        case .seal: "制作信封"
        case .open: "打开信封"
        case .stamp: "时间戳"
        case .stampVerify: "时间戳验证"
        case .parse: "证书解析"
        case .random: "随机数"
        case .fileSeal: "文件加密"
        case .fileOpen: "文件解密"
        }
    }
    /// A secret is used: each call stands in the audit book.
    var isAudited: Bool { [.sign, .mac, .encrypt, .decrypt, .open, .stamp, .fileSeal, .fileOpen].contains(self) }
}

/// D16.3.1 … D16.3.3, D17.7.1: one place through which every call goes: who may, how often, what it came to.
package struct CryptoDesk: Sendable {
    let platform: Platform
    let keys: KeyStore
    /// Calls a day of one caller where nothing else is set.
    package static let usualQuota = 100_000
    /// Bytes of one call's data.
    package static let dataLimit = 1 << 20

    package init(platform: Platform) {
        self.platform = platform
        keys = KeyStore(platform: platform)
    }

    static func caller(_ principal: Principal) -> String { "\(principal.kind.rawValue):\(principal.id)" }

    /// Does the work and counts it; refused and failed calls are counted, too, and the answer leaves only when it stands in the books.
    ///
    /// - Throws: `.forbidden` `JW-SE21` for who manages keys; `.tooMany` `JW-SE30`; what the work throws.
    package func run<T: Sendable>(_ operation: CryptoOperation, key: String = "", bytes: Int, by principal: Principal, _ work: @Sendable () async throws -> T) async throws -> T {
        do {
            try principal.require(SecurityPermission.cryptoUse, "调用密码服务")
            guard !principal.may(SecurityPermission.keysManage) else { throw Failure(.forbidden, "JW-SE21", "密钥管理员不能使用密钥，请由业务人员或应用调用") }
            let answer = try await work()
            try await platform.database.write { tx in
                try count(operation, failed: false, bytes: bytes, by: principal, in: tx)
                if operation.isAudited {
                    try platform.audit.record(
                        AuditEntry("use", "cryptoService", key, "密码服务：\(operation.title)\(key.isEmpty ? "" : "，密钥 \(key)")，\(bytes) 字节"), by: principal, in: tx)
                }
            }
            return answer
        } catch let failure as Failure {
            try await platform.database.write { tx in
                try count(operation, failed: true, bytes: 0, by: principal, in: tx)
                try tx.execute(
                    """
                    INSERT INTO crypto_errors (at, caller, caller_name, operation, code, message, address) VALUES (\(platform.clock.now), \(Self.caller(principal)), \(principal.name),
                    \(operation.rawValue), \(failure.code), \(String(failure.message.prefix(200))), \(principal.address))
                    """)
            }
            throw failure
        }
    }

    private func count(_ operation: CryptoOperation, failed: Bool, bytes: Int, by principal: Principal, in tx: any Transaction) throws {
        let caller = Self.caller(principal), day = platform.clock.today
        if !failed {
            let limit = try tx.value("SELECT daily_calls FROM crypto_quotas WHERE caller = \(caller)")?.int ?? Int64(Self.usualQuota)
            let used = try tx.value("SELECT coalesce(sum(calls), 0) FROM crypto_usage WHERE day = \(day) AND caller = \(caller)")?.int ?? 0
            guard used < limit else { throw Failure(.tooMany, "JW-SE30", "今日调用已达限额 \(limit) 次，请明日再试或联系安全管理员") }
        }
        try tx.execute(
            """
            INSERT INTO crypto_usage (day, caller, operation, caller_name, calls, failures, bytes)
            VALUES (\(day), \(caller), \(operation.rawValue), \(principal.name), \(failed ? 0 : 1), \(failed ? 1 : 0), \(bytes))
            ON CONFLICT (day, caller, operation) DO UPDATE SET calls = crypto_usage.calls + excluded.calls, failures = crypto_usage.failures + excluded.failures,
            bytes = crypto_usage.bytes + excluded.bytes
            """)
    }

    // MARK: Work

    func active(_ name: String, _ purpose: SecurityKey.Purpose) async throws -> SecurityKey {
        try await platform.database.read { try keys.active(name, purpose, $0) }
    }

    func opening(_ name: String, _ purpose: SecurityKey.Purpose, generation: Int? = nil) async throws -> [SecurityKey] {
        try await platform.database.read { try keys.opening(name, generation: generation, purpose, $0) }
    }

    /// `generation (2), mode (1), vector (16), text, tag (32)`: SM4 with HMAC-SM3 over everything before it and what belongs to it.
    func encrypt(_ bytes: [UInt8], mode: SM4.Mode, associated: [UInt8], with key: SecurityKey) throws -> [UInt8] {
        let secret = try material(key)
        let iv = SecureRandom.bytes(16)
        var out: [UInt8] = [UInt8(key.generation >> 8 & 0xff), UInt8(key.generation & 0xff), mode == .cbc ? 1 : 2]
        out += iv
        out += try SM4.encrypt(bytes, mode: mode, key: secret.cipher, iv: iv)
        return out + tag(out, associated, secret.check).bytes
    }

    static func generation(of sealed: [UInt8]) -> Int? { sealed.count >= 51 ? Int(sealed[0]) << 8 | Int(sealed[1]) : nil }

    func decrypt(_ sealed: [UInt8], associated: [UInt8], with key: SecurityKey) throws -> [UInt8] {
        let secret = try material(key)
        let body = Array(sealed[0..<(sealed.count - 32)])
        guard let given = Digest(bytes: Array(sealed[(sealed.count - 32)...])), tag(body, associated, secret.check).equalsInConstantTime(given), (1...2).contains(body[2]) else {
            throw Failure.invalid([FieldFinding("data", "changed", "密文已损坏、被改动，或附加数据不同", title: "密文")])
        }
        return try SM4.decrypt(Array(body[19...]), mode: body[2] == 1 ? .cbc : .ctr, key: secret.cipher, iv: Array(body[3..<19]))
    }

    func mac(_ bytes: [UInt8], with key: SecurityKey) throws -> Digest { HMAC.tag(.sm3, key: try material(key).check, over: bytes) }

    private func tag(_ body: [UInt8], _ associated: [UInt8], _ key: [UInt8]) -> Digest {
        let length = withUnsafeBytes(of: UInt64(associated.count).bigEndian) { Array($0) }
        return HMAC.tag(.sm3, key: key, over: length + associated + body)
    }

    private func material(_ key: SecurityKey) throws -> (cipher: [UInt8], check: [UInt8]) {
        guard let bytes = Base64.decode(try keys.secret(of: key)), bytes.count == 48 else { throw Failure(.unexpected, "JW-SE91", "密钥内容有误") }
        return (Array(bytes[0..<16]), Array(bytes[16...]))
    }

    /// The policy under which stamps are given (a private arc, as tests and small installations use it).
    package static let stampPolicy = "1.3.6.1.4.1.99999.1.1"

    /// A time stamp that was given.
    struct Stamp: Sendable {
        var serial: Int64
        var answer: [UInt8]
        var key: SecurityKey
    }

    /// RFC 3161: the answer to a request, kept with its serial number.
    func stamp(_ query: [UInt8], subject: String, imprint: String, by principal: Principal) async throws -> Stamp {
        let key = try await stampKey(), now = platform.clock.now
        let pair = try keys.pair(of: key)
        let (serial, answer) = try await platform.database.write { tx in
            let serial = try tx.insert(
                """
                INSERT INTO time_stamps (at, caller, caller_name, subject, imprint, key_id) VALUES (\(now), \(Self.caller(principal)), \(principal.name), \(subject), \(imprint), \(key.id))
                """)
            let answer = try pair.stamp(query, certificate: key.certificate ?? "", policy: Self.stampPolicy, serial: serial, at: now)
            try tx.execute("UPDATE time_stamps SET answer = \(answer) WHERE id = \(serial)")
            return (serial, answer)
        }
        return Stamp(serial: serial, answer: answer, key: key)
    }

    /// Under which a stamp may have been given, newest first.
    func stampCertificates() async throws -> [String] {
        try await platform.database.read { reader in
            try reader.rows("SELECT certificate FROM security_keys WHERE purpose = 'stamp' AND state IN ('active', 'retired', 'archived') ORDER BY id DESC LIMIT 50").compactMap {
                $0[0].text
            }
        }
    }

    /// - Throws: `.unavailable` `JW-SE31` while none is active.
    private func stampKey() async throws -> SecurityKey {
        let found = try await platform.database.read { reader in
            try reader.first("SELECT * FROM security_keys WHERE purpose = 'stamp' AND state = 'active' ORDER BY id DESC LIMIT 1").map { try SecurityKey($0) }
        }
        guard let found else { throw Failure(.unavailable, "JW-SE31", "还没有启用时间戳密钥，请联系安全管理员") }
        return found
    }
}
