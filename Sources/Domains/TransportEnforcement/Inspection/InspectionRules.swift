import Kernel

/// The three results of an inspection of one item.
package enum InspectionResult: String, Sendable, CaseIterable {
    case pass, fail, ignore

    package var title: String {
        switch self {
        case .pass: "合格"
        case .fail: "不达标"
        case .ignore: "忽略"
        }
    }
}

/// When an item comes again, and what follows when it fails again and again; pure rules.
///
/// Source: requirements/B-transport.md 模型 检查复查引擎, 措施阶梯; B1.3.9.
package enum InspectionRules {
    /// What passed comes again after its period, what failed at once, what was ignored not before its period either: it was not inspected, and nobody is to be asked again tomorrow.
    ///
    /// - Parameter days: the item's period, 1 or more.
    package static func nextDue(_ result: InspectionResult, on day: Day, days: Int) -> Day? {
        switch result {
        case .pass: day.adding(days: days)
        case .fail: day
        case .ignore: nil
        }
    }

    /// How often an item has failed in a row after this result.
    package static func failures(_ result: InspectionResult, before: Int) -> Int {
        switch result {
        case .pass: 0
        case .fail: before + 1
        case .ignore: before
        }
    }

    package enum Stage: String, Sendable, CaseIterable, Comparable {
        case none, recheck, penalty, rectify, revoke

        package static func < (a: Stage, b: Stage) -> Bool { (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0) }
    }

    /// 再查仍不合格→处罚；处罚后再查仍不合格→整改、停业整顿；严重问题→吊销.
    package static func stage(failures: Int, isGrave: Bool) -> Stage {
        if isGrave, failures > 0 { return .revoke }
        switch failures {
        case ...0: return .none
        case 1: return .recheck
        case 2: return .penalty
        case 3: return .rectify
        default: return .revoke
        }
    }

    /// Codes of measures that fit a stage, for the form of a decision.
    package static func measureKinds(_ stage: Stage) -> [String] {
        switch stage {
        case .none: []
        case .recheck: ["recheck", "warn"]
        case .penalty: ["fine", "warn"]
        case .rectify: ["rectify", "suspend", "fine"]
        case .revoke: ["revoke", "suspend", "police"]
        }
    }

    /// Which of a number of things a seed draws: the same seed over the same order draws the same ones.
    package static func draw(_ count: Int, of population: Int, seed: Int64) -> [Int] {
        var left = Array(0..<max(population, 0)), state = UInt64(bitPattern: seed) &+ 0x9E37_79B9_7F4A_7C15
        var drawn: [Int] = []
        while drawn.count < count, !left.isEmpty {
            // SplitMix64.
            state = state &+ 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            mixed ^= mixed >> 31
            drawn.append(left.remove(at: Int(mixed % UInt64(left.count))))
        }
        return drawn
    }
}
