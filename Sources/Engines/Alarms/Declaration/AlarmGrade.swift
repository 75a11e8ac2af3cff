import Kernel

/// How grave an alarm is; a higher number is graver.
///
/// Source: requirements/A-mobile-sources.md A-07 “等级”.
package enum AlarmGrade: Int, Sendable, Codable, CaseIterable, Comparable {
    case ordinary = 1
    case heavier = 2
    case severe = 3
    case extreme = 4

    package static func < (a: AlarmGrade, b: AlarmGrade) -> Bool { a.rawValue < b.rawValue }

    package var title: String {
        switch self {
        case .ordinary: "一般"
        case .heavier: "较重"
        case .severe: "严重"
        case .extreme: "特别严重"
        }
    }

    package var titleEN: String {
        switch self {
        case .ordinary: "Ordinary"
        case .heavier: "Heavier"
        case .severe: "Severe"
        case .extreme: "Extreme"
        }
    }
}
