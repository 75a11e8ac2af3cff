import Synchronization

/// What an algorithm is shown: equal steps of time, nil where nothing was measured.
package struct StepSeries: Sendable, Equatable {
    /// Seconds between values.
    package var step: Double
    package var values: [Double?]

    package init(step: Double, values: [Double?]) {
        self.step = step
        self.values = values
    }
}

/// Finds what does not fit. An algorithm is a plug: it is registered by its name and chosen on the page. Pure.
package protocol AnomalyDetector: Sendable {
    /// `sigma`: stands in addresses, so it never changes.
    var name: String { get }
    var title: String { get }
    /// One sentence on how it judges.
    var note: String { get }
    /// - Returns: places in `values`, with the span in which a value would have been expected.
    func anomalies(in series: StepSeries) -> [SeriesAnomaly]
}

/// A value outside of what was expected.
package struct SeriesAnomaly: Sendable, Equatable {
    package var index: Int
    package var value: Double
    package var low: Double
    package var high: Double
}

/// Says what comes next.
package protocol SeriesForecaster: Sendable {
    var name: String { get }
    var title: String { get }
    var note: String { get }
    /// - Returns: so many further steps; empty where too little is known.
    func forecast(_ series: StepSeries, steps: Int) -> [ForecastStep]
}

/// A value to come, with the span in which it lies with about 95 %.
package struct ForecastStep: Sendable, Equatable {
    package var value: Double
    package var low: Double
    package var high: Double
}

/// The algorithms that the page offers; a domain adds its own before anything is served.
package final class SeriesAlgorithms: Sendable {
    private let held = Mutex<(detectors: [any AnomalyDetector], forecasters: [any SeriesForecaster])>(
        ([SigmaDetector(), RollingDetector(), EWMADetector()], [LinearForecaster(), HoltForecaster()]))

    package init() {}

    package func add(_ detector: any AnomalyDetector) { held.withLock { $0.detectors.append(detector) } }
    package func add(_ forecaster: any SeriesForecaster) { held.withLock { $0.forecasters.append(forecaster) } }
    package var detectors: [any AnomalyDetector] { held.withLock { $0.detectors } }
    package var forecasters: [any SeriesForecaster] { held.withLock { $0.forecasters } }
    package func detector(_ name: String?) -> (any AnomalyDetector)? { detectors.first { $0.name == name } }
    package func forecaster(_ name: String?) -> (any SeriesForecaster)? { forecasters.first { $0.name == name } }
}

/// Mean and standard deviation of what there is.
struct SeriesMoments {
    var mean: Double
    var deviation: Double

    init?(_ values: some Sequence<Double>) {
        var count = 0.0, sum = 0.0, squares = 0.0
        for value in values {
            count += 1
            sum += value
            squares += value * value
        }
        guard count > 0 else { return nil }
        mean = sum / count
        deviation = max(0, squares / count - mean * mean).squareRoot()
    }
}

/// 3σ: further than three standard deviations from the mean of the whole span.
struct SigmaDetector: AnomalyDetector {
    let name = "sigma", title = "3σ 准则"
    let note = "偏离整个时段均值超过 3 倍标准差"

    func anomalies(in series: StepSeries) -> [SeriesAnomaly] {
        guard let moments = SeriesMoments(series.values.compactMap { $0 }), moments.deviation > 0 else { return [] }
        let low = moments.mean - 3 * moments.deviation, high = moments.mean + 3 * moments.deviation
        return series.values.enumerated().compactMap { index, value in
            guard let value, value < low || value > high else { return nil }
            return SeriesAnomaly(index: index, value: value, low: low, high: high)
        }
    }
}

/// Rolling z-score: further than three standard deviations from the mean of the 30 values before it.
struct RollingDetector: AnomalyDetector {
    let name = "rolling", title = "滑动 z 分数"
    let note = "偏离前 30 段均值超过 3 倍标准差，随工况缓慢变化的数据适用"
    private static let window = 30

    func anomalies(in series: StepSeries) -> [SeriesAnomaly] {
        var before: [Double] = [], found: [SeriesAnomaly] = []
        for (index, value) in series.values.enumerated() {
            guard let value else { continue }
            if before.count >= 10, let moments = SeriesMoments(before), moments.deviation > 0 {
                let low = moments.mean - 3 * moments.deviation, high = moments.mean + 3 * moments.deviation
                if value < low || value > high { found.append(SeriesAnomaly(index: index, value: value, low: low, high: high)) }
            }
            before.append(value)
            if before.count > Self.window { before.removeFirst() }
        }
        return found
    }
}

/// EWMA with a moving centre line (Montgomery and Mastrangelo, J. Quality Technology 23, 1991): the weighted mean of what came before is what is expected, so that a series which swings by itself is
/// judged by its sudden moves. The width is three times the robust deviation (1.4826 × median) of what was not foreseen.
struct EWMADetector: AnomalyDetector {
    let name = "ewma", title = "指数加权移动平均"
    let note = "以此前数据的指数加权均值（λ=0.3）为预期，偏差超过 3 倍稳健标准差，自身有起伏的数据适用"
    private static let weight = 0.3

    func anomalies(in series: StepSeries) -> [SeriesAnomaly] {
        var average: Double?, steps: [(index: Int, value: Double, expected: Double)] = []
        for (index, value) in series.values.enumerated() {
            guard let value else { continue }
            if let average { steps.append((index, value, average)) }
            average = average.map { Self.weight * value + (1 - Self.weight) * $0 } ?? value
        }
        guard steps.count >= 10 else { return [] }
        let errors = steps.map { abs($0.value - $0.expected) }.sorted()
        let width = 3 * 1.4826 * errors[errors.count / 2]
        guard width > 0 else { return [] }
        return steps.filter { abs($0.value - $0.expected) > width }.map {
            SeriesAnomaly(index: $0.index, value: $0.value, low: $0.expected - width, high: $0.expected + width)
        }
    }
}

/// Least squares over the whole span; the band is the prediction interval of a new value.
struct LinearForecaster: SeriesForecaster {
    let name = "linear", title = "线性回归"
    let note = "按整个时段的线性趋势外推，带宽为 95% 预测区间"

    func forecast(_ series: StepSeries, steps: Int) -> [ForecastStep] {
        let points = series.values.enumerated().compactMap { index, value in value.map { (x: Double(index), y: $0) } }
        guard points.count >= 8 else { return [] }
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.x } / count, meanY = points.reduce(0) { $0 + $1.y } / count
        let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        guard spread > 0 else { return [] }
        let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
        let rest = points.reduce(0) { sum, point in
            let error = point.y - (meanY + slope * (point.x - meanX))
            return sum + error * error
        }
        let deviation = (rest / max(1, count - 2)).squareRoot()
        return (0..<steps).map { step in
            let x = Double(series.values.count + step), value = meanY + slope * (x - meanX)
            let width = 1.96 * deviation * (1 + 1 / count + (x - meanX) * (x - meanX) / spread).squareRoot()
            return ForecastStep(value: value, low: value - width, high: value + width)
        }
    }
}

/// Holt's two exponential smoothings, level and trend; the constants are those of a small grid that would have forecast the span best.
struct HoltForecaster: SeriesForecaster {
    let name = "holt", title = "Holt 双指数平滑"
    let note = "近期数据权重更高，平滑系数按时段内一步预测误差最小自动选取"

    func forecast(_ series: StepSeries, steps: Int) -> [ForecastStep] {
        let values = series.values.compactMap { $0 }
        guard values.count >= 8 else { return [] }
        var best: (level: Double, trend: Double, error: Double, alpha: Double, beta: Double)?
        for alpha in [0.1, 0.2, 0.3, 0.5, 0.7, 0.9] {
            for beta in [0.02, 0.05, 0.1, 0.3] {
                let (level, trend, error) = Self.smooth(values, alpha, beta)
                if best.map({ error < $0.error }) ?? true { best = (level, trend, error, alpha, beta) }
            }
        }
        guard let best else { return [] }
        return (1...max(1, steps)).map { step in
            let value = best.level + Double(step) * best.trend
            // Hyndman et al., Forecasting with Exponential Smoothing, table 6.1, for ETS(A,A,N); `beta` there is alpha times beta here.
            let j = Double(step - 1), alpha = best.alpha, beta = best.alpha * best.beta
            let growth = 1 + j * (alpha * alpha + alpha * beta * Double(step) + beta * beta * Double(step) * (2 * Double(step) - 1) / 6)
            let width = 1.96 * best.error * growth.squareRoot()
            return ForecastStep(value: value, low: value - width, high: value + width)
        }
    }

    private static func smooth(_ values: [Double], _ alpha: Double, _ beta: Double) -> (level: Double, trend: Double, error: Double) {
        var level = values[0], trend = (values[min(4, values.count - 1)] - values[0]) / Double(min(4, values.count - 1)), squares = 0.0
        for value in values.dropFirst() {
            let expected = level + trend
            squares += (value - expected) * (value - expected)
            let next = alpha * value + (1 - alpha) * expected
            trend = beta * (next - level) + (1 - beta) * trend
            level = next
        }
        return (level, trend, (squares / Double(values.count - 1)).squareRoot())
    }
}
