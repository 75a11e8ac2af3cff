import Kernel

/// The light of an hour at a factory gate.
struct DemoLight {
    /// 0 deep night … 1 full day.
    let day: Double
    /// 0 none … 1 the red of sunrise or sunset.
    let glow: Double

    init(at moment: Moment) {
        let hour = Double(moment.minuteOfDay) / 60
        func ramp(_ from: Double, _ to: Double) -> Double { max(0, min(1, (hour - from) / (to - from))) }
        day = min(ramp(5.3, 7.5), 1 - ramp(17.0, 19.2))
        glow = max(0, 1 - abs(hour - 6.4) / 1.3, 1 - abs(hour - 18.1) / 1.3)
    }

    var isDark: Bool { day < 0.45 }
    var skyTop: Paint { Paint(9, 13, 26).mixed(with: Paint(96, 150, 205), day).mixed(with: Paint(92, 92, 140), glow * 0.5) }
    var skyBottom: Paint { Paint(28, 33, 48).mixed(with: Paint(205, 220, 230), day).mixed(with: Paint(238, 158, 96), glow * 0.75) }

    /// A surface's colour in this light.
    func on(_ paint: Paint) -> Paint {
        let base = 0.2 + 0.8 * day
        return Paint(paint.red * (base + 0.06 * glow), paint.green * base, paint.blue * (base + 0.05 * (1 - day)), alpha: paint.alpha)
    }

    /// The same near the camera, whose lamp lights it at night.
    func near(_ paint: Paint) -> Paint { paint.scaled(0.62 + 0.38 * day) }
    /// Something far off, taking the sky's colour.
    func far(_ paint: Paint, _ share: Double) -> Paint { on(paint).mixed(with: skyBottom, share) }
}
