/// What was found in an uploaded file.
package struct UploadThreat: Sendable, Equatable {
    package enum Level: String, Sendable, CaseIterable, Comparable {
        case low, medium, high

        package var title: String {
            switch self {
            case .low: "低"
            case .medium: "中"
            case .high: "高"
            }
        }

        package static func < (a: Level, b: Level) -> Bool { (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0) }
    }

    package enum Kind: String, Sendable, CaseIterable {
        case virus, webShell, program, bomb, escape, disguise, activeDocument, macro, encrypted, broken, unchecked

        package var title: String {
            switch self {
            case .virus: "病毒"
            case .webShell: "网页木马"
            case .program: "可执行程序或脚本"
            case .bomb: "压缩炸弹"
            case .escape: "压缩包越界路径"
            case .disguise: "扩展名与内容不符"
            case .activeDocument: "文档含自动执行内容"
            case .macro: "文档含宏"
            case .encrypted: "加密内容无法检查"
            case .broken: "文件损坏无法检查"
            case .unchecked: "病毒引擎未能检查"
            }
        }

        package var level: Level {
            switch self {
            case .virus, .webShell, .program, .bomb, .escape: .high
            case .disguise, .activeDocument, .macro: .medium
            case .encrypted, .broken, .unchecked: .low
            }
        }
    }

    package var kind: Kind
    /// Where in the file: the members of archives from outside in; empty for the file itself.
    package var place: String
    /// What exactly, such as the virus' name.
    package var detail: String

    package init(_ kind: Kind, at place: String = "", _ detail: String = "") {
        self.kind = kind
        self.place = place
        self.detail = detail
    }

    package var level: Level { kind.level }

    package var text: String {
        let what = detail.isEmpty ? kind.title : "\(kind.title)（\(detail)）"
        return place.isEmpty ? what : "\(place)：\(what)"
    }
}
