import Foundation

/// Measured numbers as text.
package enum PointFigure {
    package static func text(_ value: Double, places: Int) -> String { value.isFinite ? String(format: "%.\(min(max(places, 0), 6))f", value) : "—" }

    /// Rounded for a chart.
    package static func rounded(_ value: Double, places: Int) -> Double {
        let scale = pow(10.0, Double(min(max(places, 0), 6)))
        return (value * scale).rounded() / scale
    }
}
