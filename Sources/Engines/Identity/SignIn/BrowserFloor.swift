import Kernel

/// A browser and the lowest version that may be used, as an administrator writes it: `Chrome 100` (A-25 版本下限).
package struct BrowserFloor: Sendable, Equatable {
    package enum Family: String, Sendable, CaseIterable { case edge = "Edge", chrome = "Chrome", firefox = "Firefox", safari = "Safari" }

    package let family: Family
    package let version: Int

    package var text: String { "\(family.rawValue) \(version)" }

    /// Nil when it is not a known family and a number.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let version = Int(words[1]), (1...9999).contains(version),
            let family = Family.allCases.first(where: { $0.rawValue.lowercased() == words[0].lowercased() })
        else { return nil }
        self.family = family
        self.version = version
    }

    /// Family and main version of a browser by its `User-Agent`; nil for what is none of these.
    ///
    /// Edge says Chrome too, Chrome says Safari too: the more particular one counts.
    package static func read(_ agent: String) -> (family: Family, version: Int)? {
        let marks: [(Family, String)] = [(.edge, "Edg/"), (.firefox, "Firefox/"), (.chrome, "Chrome/"), (.safari, "Version/")]
        for (family, mark) in marks {
            guard let at = agent.firstRange(of: mark) else { continue }
            if family == .safari, !agent.contains("Safari/") { continue }
            if let version = Int(agent[at.upperBound...].prefix { $0.isASCII && $0.isNumber }) { return (family, version) }
        }
        return nil
    }

    /// Why this browser may not be used; nil where it may.
    static func refusal(_ floors: [BrowserFloor], _ agent: String) -> Failure? {
        guard let (family, version) = read(agent), let floor = floors.first(where: { $0.family == family }), version < floor.version else { return nil }
        return Failure(.forbidden, "JW-I064", "浏览器版本过低（\(family.rawValue) \(version)），请升级到 \(floor.text) 以上再登录")
    }
}

/// A form that must have been opened, and looked at for so long, before it is sent (D17.2.10 流程校验).
package struct FormWait: Sendable, Equatable {
    /// Of the form as routes write it: `{id}` stands for one segment.
    package let path: String
    package let seconds: Int

    package static let range = 1...600

    package init(path: String, seconds: Int) {
        self.path = path
        self.seconds = seconds
    }

    package func matches(_ address: String) -> Bool { RoutePattern.matches(path, address) }
}
