// Loaded before a validator whose clock is to be wrong: all that asks for the date gets it so many milliseconds off.
const offsetMs = Number(process.env['CHAOS_CLOCK_MS'])
const RealDate = Date

class WrongDate extends RealDate {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(RealDate.now() + offsetMs)
    else super(...(given as [number]))
  }

  static override now(): number {
    return RealDate.now() + offsetMs
  }
}

globalThis.Date = WrongDate as DateConstructor
