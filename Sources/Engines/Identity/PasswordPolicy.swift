import Cryptography
import Kernel

/// What a password must be. The defaults are those of a level-3 installation: standards/security.md §1, 8.1.4.1.
package struct PasswordPolicy: Sendable, Equatable {
    package var minimumLength = 10
    package var maximumLength = 128
    /// Of four kinds: capital letters, small letters, digits, anything else.
    package var minimumKinds = 3
    /// Days after which a new one is asked for at the next login; nil for never.
    package var maximumAgeDays: Int? = 90
    /// How many earlier passwords may not come back.
    package var history = 5

    package init() {}

    /// Everything wrong with a new password, empty when it may be used.
    package func findings(for password: String, login: String) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        let lowered = password.lowercased()
        if password.count < minimumLength { findings.append(Self.finding("tooShort", "至少 \(minimumLength) 位")) }
        if password.count > maximumLength { findings.append(Self.finding("tooLong", "至多 \(maximumLength) 位")) }
        if Self.kinds(of: password) < minimumKinds { findings.append(Self.finding("tooSimple", "须含大写字母、小写字母、数字、符号中的至少 \(minimumKinds) 种")) }
        if !login.isEmpty, lowered.contains(login.lowercased()) { findings.append(Self.finding("containsLogin", "不能包含登录名")) }
        if Self.wellKnown.contains(where: lowered.contains) || Set(lowered).count < 5 { findings.append(Self.finding("wellKnown", "过于常见，容易被猜到")) }
        return findings
    }

    static func finding(_ code: String, _ message: String) -> FieldFinding { FieldFinding("password", code, message, title: "新密码") }

    private static func kinds(of password: String) -> Int {
        var found: Set<Int> = []
        for scalar in password.unicodeScalars {
            switch scalar {
            case "a"..."z": found.insert(0)
            case "A"..."Z": found.insert(1)
            case "0"..."9": found.insert(2)
            default: found.insert(3)
            }
        }
        return found.count
    }

    /// Cores of the passwords that lists of leaked ones begin with.
    private static let wellKnown: [String] = [
        "password", "passw0rd", "p@ssw0rd", "p@ssword", "12345678", "87654321", "qwertyui", "1qaz2wsx", "qwer1234", "1q2w3e4r", "admin123", "admin@123", "admin888", "abcd1234",
        "abc12345",
        "abc@1234", "aa123456", "a1234567", "11111111", "88888888", "66666666", "iloveyou", "woaini", "jianwei123", "jianwei@123", "shijiazhuang",
    ]
}

/// A password that is printed or read out once and changed at the first login: three groups of four, without characters that look alike.
package enum OneTimePassword {
    private static let alphabets: [[Character]] = [Array("ACDEFGHJKLMNPQRTUVWXY"), Array("abcdefghijkmnpqrtuvwxy"), Array("34679")]

    package static func make() -> String {
        let all = alphabets.flatMap { $0 }
        while true {
            let letters = (0..<12).map { _ in all[SecureRandom.below(all.count)] }
            guard alphabets.allSatisfy({ alphabet in letters.contains(where: alphabet.contains) }) else { continue }
            return stride(from: 0, to: 12, by: 4).map { String(letters[$0..<($0 + 4)]) }.joined(separator: "-")
        }
    }
}
