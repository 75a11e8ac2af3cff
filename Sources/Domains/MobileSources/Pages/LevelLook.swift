import Kernel
import Web

extension WarningLevel {
    /// Yellow, orange and red are kept for warnings; no warning is calm.
    package var tone: Tone {
        switch self {
        case .none: .good
        case .yellow: .yellow
        case .orange: .orange
        case .red: .red
        }
    }

    /// `橙色 Ⅱ级`; without a warning `日常`.
    var badge: Badge { self == .none ? Badge("日常", .muted) : Badge("\(title)预警 \(response)", tone) }

    /// As a heading: `日常`, `橙色预警`.
    var heading: String { self == .none ? "日常" : "\(title)预警" }
}
