import Kernel

/// How much a message presses.
package enum MessageGrade: String, Sendable, CaseIterable {
    case info, notice, urgent

    package var title: String {
        switch self {
        case .info: "一般"
        case .notice: "重要"
        case .urgent: "紧急"
        }
    }
}

/// One kind of message, declared by whoever sends it. An administrator may change template, channels and quiet hours.
package struct MessageKind: Sendable, Equatable {
    /// `work.assigned`: stored in every message, so it never changes.
    package var name: String
    package var title: String
    /// Text for channels outside the platform; `{title}`, `{text}`, `{link}` and the draft's own variables are filled in.
    package var template: String
    /// Channels besides the list in the platform, by name: `sms`, `webhook`.
    package var channels: [String]
    /// Waits for 8:00 between 22:00 and 8:00, unless it is urgent.
    package var isQuiet: Bool
    package var isOn = true

    package init(_ name: String, _ title: String, template: String = "{title}：{text}", channels: [String] = [], isQuiet: Bool = true) {
        self.name = name
        self.title = title
        self.template = template
        self.channels = channels
        self.isQuiet = isQuiet
    }
}

/// What is to be said to whom.
package struct MessageDraft: Sendable, Equatable {
    package var kind: String
    package var grade: MessageGrade
    package var title: String
    package var text: String
    /// Where it leads inside the platform.
    package var path: String?
    /// Users by id; each receives it once.
    package var users: [Int64]
    /// Two postings with the same word are one message; nil is always a new one.
    package var dedupe: String?
    /// For the template.
    package var variables: [String: String]
    /// Who says it, where a person or another application does.
    package var sender: MessageSender?

    package init(
        _ kind: String, grade: MessageGrade = .info, title: String, text: String, path: String? = nil, users: [Int64], dedupe: String? = nil, variables: [String: String] = [:]
    ) {
        self.kind = kind
        self.grade = grade
        self.title = title
        self.text = text
        self.path = path
        self.users = users
        self.dedupe = dedupe
        self.variables = variables
    }
}

/// A person or an application that says something.
package struct MessageSender: Sendable, Equatable {
    /// Raw value of a principal's kind.
    package var kind: String
    package var id: Int64
    package var name: String

    package init(kind: String, id: Int64, name: String) {
        self.kind = kind
        self.id = id
        self.name = name
    }
}

/// Text with `{variables}`; an unknown one stays as it is written, so that the mistake is seen.
package enum MessageTemplate {
    package static func filled(_ template: String, _ variables: [String: String]) -> String {
        var out = ""
        var rest = template[...]
        // The innermost braces count, so that a template may be JSON.
        while let close = rest.firstIndex(of: "}") {
            guard let open = rest[..<close].lastIndex(of: "{") else {
                out += rest[...close]
                rest = rest[rest.index(after: close)...]
                continue
            }
            out += rest[..<open]
            let name = String(rest[rest.index(after: open)..<close])
            out += variables[name] ?? "{\(name)}"
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }
}
